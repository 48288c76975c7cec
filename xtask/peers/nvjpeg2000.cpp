// Times nvJPEG2000, through its public C interface, on what `lightbox bench --target device` does: codestreams in main memory
// become pixels on the GPU. Prints an object of JSON a line for each file, number of images and way of keeping the GPU busy.
//
//     nvcc -O3 -std=c++17 -I $N/include nvjpeg2000.cpp -o nvjpeg2000 -L $N/lib -l:libnvjpeg2k.so.0 -Xlinker -rpath=$N/lib
//
// where N is the folder nvidia/nvjpeg2k of the wheel nvidia-nvjpeg2k-cu13.
//
// usage: nvjpeg2000 BATCH,... FILE...
//
// Every image has a copy of the codestream of its own. One image is decoded with one decode state; of many, several threads
// keep several states each in flight, in each of the ways listed below, and the reader of the output takes the best. Of images
// in tiles the first tile alone is timed too.

#include <cuda_runtime.h>
#include <nvjpeg2k.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using Bytes = std::vector<unsigned char>;
using Clock = std::chrono::steady_clock;

/// Most bytes of a batch, coded and decoded together, as `lightbox bench` has it.
constexpr double kMostBytes = 4.0 * (1u << 30);
/// Least seconds and runs of a row after the warm-up.
constexpr double kSeconds = 0.25;
constexpr size_t kRuns = 5;

/// Threads, and decode states that each of them keeps in flight.
struct Way {
    int threads;
    int states;
};
constexpr Way kWays[] = {{1, 16}, {4, 4}, {8, 2}, {8, 4}, {16, 2}};

void check(nvjpeg2kStatus_t status, const char *what) {
    if (status != NVJPEG2K_STATUS_SUCCESS) throw std::runtime_error(std::string(what) + ": nvJPEG2000 status " + std::to_string(status));
}

void check(cudaError_t error, const char *what) {
    if (error != cudaSuccess) throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(error));
}

/// Size and sample type of an image.
struct Shape {
    nvjpeg2kImageInfo_t image{};
    int bytes = 1;
    nvjpeg2kImageType_t type = NVJPEG2K_UINT8;

    size_t plane() const { return size_t(image.image_width) * image.image_height * bytes; }
    double pixels() const { return double(image.image_width) * image.image_height; }
    unsigned tiles() const { return image.num_tiles_x * image.num_tiles_y; }
};

/// What one image in flight needs: a decode state, a parsed codestream, a CUDA stream and planes on the device.
class Lane {
  public:
    Lane(nvjpeg2kHandle_t handle, const Shape &shape) : handle_(handle) {
        check(nvjpeg2kDecodeStateCreate(handle, &state_), "a decode state");
        check(nvjpeg2kStreamCreate(&parsed_), "a bitstream handle");
        check(nvjpeg2kDecodeParamsCreate(&parameters_), "decode parameters");
        check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "a stream");
        planes_.resize(shape.image.num_components, nullptr);
        for (void *&plane : planes_) check(cudaMalloc(&plane, shape.plane()), "memory for the pixels");
        pitches_.assign(planes_.size(), size_t(shape.image.image_width) * shape.bytes);
        image_.pixel_data = planes_.data();
        image_.pitch_in_bytes = pitches_.data();
        image_.pixel_type = shape.type;
        image_.num_components = shape.image.num_components;
    }
    Lane(const Lane &) = delete;
    Lane &operator=(const Lane &) = delete;
    ~Lane() {
        for (void *plane : planes_) cudaFree(plane);
        cudaStreamDestroy(stream_);
        nvjpeg2kDecodeParamsDestroy(parameters_);
        nvjpeg2kStreamDestroy(parsed_);
        nvjpeg2kDecodeStateDestroy(state_);
    }

    void parse(const Bytes &coded) {
        check(nvjpeg2kStreamParse(handle_, coded.data(), coded.size(), 0, 0, parsed_), "parsing");
    }
    void decode() { check(nvjpeg2kDecodeImage(handle_, state_, parsed_, parameters_, &image_, stream_), "decoding"); }
    void decode_tile(unsigned tile) {
        check(nvjpeg2kDecodeTile(handle_, state_, parsed_, parameters_, tile, 0, &image_, stream_), "decoding a tile");
    }
    void wait() { check(cudaStreamSynchronize(stream_), "waiting"); }

    /// What the headers say of the codestream that was parsed.
    static Shape shape(nvjpeg2kHandle_t handle, const Bytes &coded) {
        nvjpeg2kStream_t parsed;
        check(nvjpeg2kStreamCreate(&parsed), "a bitstream handle");
        Shape shape;
        nvjpeg2kImageComponentInfo_t component{};
        const auto status = nvjpeg2kStreamParse(handle, coded.data(), coded.size(), 0, 0, parsed);
        if (status == NVJPEG2K_STATUS_SUCCESS) {
            check(nvjpeg2kStreamGetImageInfo(parsed, &shape.image), "the size");
            check(nvjpeg2kStreamGetImageComponentInfo(parsed, &component, 0), "the components");
        }
        nvjpeg2kStreamDestroy(parsed);
        check(status, "parsing");
        shape.bytes = component.precision > 8 ? 2 : 1;
        const auto wide = component.sgn ? NVJPEG2K_INT16 : NVJPEG2K_UINT16;
        shape.type = shape.bytes == 1 ? NVJPEG2K_UINT8 : wide;
        return shape;
    }

  private:
    nvjpeg2kHandle_t handle_;
    nvjpeg2kDecodeState_t state_{};
    nvjpeg2kStream_t parsed_{};
    nvjpeg2kDecodeParams_t parameters_{};
    cudaStream_t stream_{};
    std::vector<void *> planes_;
    std::vector<size_t> pitches_;
    nvjpeg2kImage_t image_{};
};

/// Milliseconds of runs one after the other, sorted, the first left out.
std::vector<double> timed(const std::function<void()> &run) {
    run();
    std::vector<double> times;
    const auto begin = Clock::now();
    const auto since = [](Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); };
    while (times.size() < kRuns || since(begin) < kSeconds) {
        const auto start = Clock::now();
        run();
        times.push_back(since(start) * 1e3);
    }
    std::sort(times.begin(), times.end());
    return times;
}

/// Decodes all images, threads taking the next one whenever a state of theirs is free.
void decode_all(const std::vector<Bytes> &images, std::vector<std::vector<Lane *>> &lanes) {
    std::atomic<size_t> next{0};
    std::atomic<bool> failed{false};
    std::string why;
    const auto work = [&](std::vector<Lane *> &mine) {
        try {
            size_t at = 0;
            for (size_t n = next++; n < images.size() && !failed; n = next++, at = (at + 1) % mine.size()) {
                mine[at]->wait();
                mine[at]->parse(images[n]);
                mine[at]->decode();
            }
            for (Lane *lane : mine) lane->wait();
        } catch (const std::exception &error) {
            if (!failed.exchange(true)) why = error.what();
        }
    };
    std::vector<std::thread> threads;
    for (size_t t = 1; t < lanes.size(); t++) threads.emplace_back(work, std::ref(lanes[t]));
    work(lanes[0]);
    for (auto &thread : threads) thread.join();
    if (failed) throw std::runtime_error(why);
}

void row(const std::string &file, const Shape &shape, size_t batch, Way way, bool tile, const std::vector<double> &times) {
    const auto percentile = [&](double share) { return times[size_t(share * double(times.size() - 1) + 0.5)]; };
    std::printf("{\"file\":\"%s\",\"width\":%u,\"height\":%u,\"batch\":%zu,\"tile\":%s,\"threads\":%d,\"states\":%d,\"runs\":%zu,"
                "\"median_ms\":%.5f,\"p10_ms\":%.5f,\"p90_ms\":%.5f}\n",
                file.c_str(), shape.image.image_width, shape.image.image_height, batch, tile ? "true" : "false", way.threads, way.states,
                times.size(), percentile(0.5), percentile(0.1), percentile(0.9));
    std::fflush(stdout);
}

void bench(nvjpeg2kHandle_t handle, const std::string &path, const std::vector<size_t> &batches) {
    std::ifstream in(path, std::ios::binary);
    const Bytes coded((std::istreambuf_iterator<char>(in)), {});
    if (!in) throw std::runtime_error("it could not be read");
    const std::string name = path.substr(path.find_last_of('/') + 1);
    const Shape shape = Lane::shape(handle, coded);
    for (const size_t batch : batches) {
        if (double(batch) * (double(coded.size()) + double(shape.plane()) * shape.image.num_components) > kMostBytes) continue;
        const std::vector<Bytes> images(batch, coded);
        const std::vector<Way> ways = batch == 1 ? std::vector<Way>{{1, 1}} : std::vector<Way>(std::begin(kWays), std::end(kWays));
        for (const Way way : ways) {
            if (size_t(way.threads) * way.states > batch) continue;
            std::vector<std::unique_ptr<Lane>> owned;
            std::vector<std::vector<Lane *>> lanes(way.threads);
            for (int n = 0; n < way.threads * way.states; n++) {
                owned.push_back(std::make_unique<Lane>(handle, shape));
                lanes[n % way.threads].push_back(owned.back().get());
            }
            row(name, shape, batch, way, false, timed([&] { decode_all(images, lanes); }));
        }
    }
    if (shape.tiles() > 1) {
        Lane lane(handle, shape);
        row(name, shape, 1, {1, 1}, true, timed([&] {
                lane.parse(coded);
                lane.decode_tile(0);
                lane.wait();
            }));
    }
}

}  // namespace

int main(int count, char **words) {
    if (count < 3) {
        std::fprintf(stderr, "usage: nvjpeg2000 BATCH,... FILE...\n");
        return 2;
    }
    std::vector<size_t> batches;
    std::istringstream list(words[1]);
    for (std::string number; std::getline(list, number, ',');) batches.push_back(std::strtoul(number.c_str(), nullptr, 10));
    nvjpeg2kHandle_t handle;
    if (nvjpeg2kCreateSimple(&handle) != NVJPEG2K_STATUS_SUCCESS) {
        std::fprintf(stderr, "nvjpeg2000: there is no GPU that it runs on\n");
        return 1;
    }
    int failed = 0;
    for (int n = 2; n < count; n++) {
        try {
            bench(handle, words[n], batches);
        } catch (const std::exception &error) {
            std::fprintf(stderr, "nvjpeg2000: %s: %s\n", words[n], error.what());
            failed = 1;
        }
    }
    nvjpeg2kDestroy(handle);
    return failed;
}
