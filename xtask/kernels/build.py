"""Builds the CUDA kernels to PTX with NVRTC, checks what ptxas makes of it, and compares it with what is committed.

usage: build.py write|check SOURCES PTX
"""

import ctypes
import pathlib
import re
import subprocess
import sys
import tempfile

# PTX for Turing and later, of the version that drivers of CUDA 12.2 know. Products and sums are not fused, so that 9/7 gives
# the same bits as on the processor.
OPTIONS = ["--gpu-architecture=compute_75", "--std=c++17", "--fmad=false"]
# Every generation that the PTX is for.
ARCHITECTURES = ["sm_75", "sm_80", "sm_86", "sm_89", "sm_90"]
# As many registers as leave room for 384 threads on a multiprocessor.
MOST_REGISTERS = 168


def packages():
    """The folder of NVIDIA's packages in this Python."""
    try:
        import nvidia
    except ImportError:
        sys.exit("this Python lacks NVRTC and ptxas; install what xtask/requirements.txt names (there is x86-64 Linux only)")
    return pathlib.Path(nvidia.__path__[0])


def compile_ptx(sources):
    nvrtc = ctypes.CDLL(str(packages() / "cuda_nvrtc/lib/libnvrtc.so.12"))

    def strings(items):
        return (ctypes.c_char_p * len(items))(*items)

    def call(name, *arguments):
        result = getattr(nvrtc, name)(*arguments)
        if result and name != "nvrtcCompileProgram":
            sys.exit(f"{name} failed with {result}")
        return result

    def text(name):
        size = ctypes.c_size_t()
        call(f"nvrtcGet{name}Size", program, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        call(f"nvrtcGet{name}", program, buffer)
        return buffer.value

    headers = sorted(sources.glob("*.cuh"))
    program = ctypes.c_void_p()
    names = strings([h.name.encode() for h in headers])
    contents = strings([h.read_bytes() for h in headers])
    source = (sources / "lightbox.cu").read_bytes()
    call("nvrtcCreateProgram", ctypes.byref(program), source, b"lightbox.cu", len(headers), contents, names)
    failed = call("nvrtcCompileProgram", program, len(OPTIONS), strings([o.encode() for o in OPTIONS]))
    log = text("ProgramLog").decode().strip()
    if log:
        print(log, file=sys.stderr)
    if failed or log:
        sys.exit("the kernels do not compile without a word")
    return text("PTX")


def check_resources(ptx):
    """Every kernel on every architecture: no spills, not too many registers."""
    ptxas = packages() / "cuda_nvcc/bin/ptxas"
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "lightbox.ptx"
        source.write_bytes(ptx)
        for architecture in ARCHITECTURES:
            command = [ptxas, "-v", f"-arch={architecture}", source, "-o", pathlib.Path(folder) / "lightbox.cubin"]
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            if run.returncode:
                sys.exit(f"ptxas fails for {architecture}:\n{run.stderr}")
            pattern = r"Compiling entry function '(\w+)'.*?(\d+) bytes stack frame, (\d+) bytes spill.*?Used (\d+) registers"
            kernels = re.findall(pattern, run.stderr, re.DOTALL)
            if not kernels:
                sys.exit(f"ptxas says nothing of the kernels:\n{run.stderr}")
            for name, stack, spills, registers in kernels:
                print(f"{architecture} {name:32} {registers:>3} registers")
                if int(stack) or int(spills) or int(registers) > MOST_REGISTERS:
                    sys.exit(f"{name} takes {registers} registers, {stack} bytes of stack and spills {spills} on {architecture}")


def main():
    task, sources, committed = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    ptx = compile_ptx(sources)
    check_resources(ptx)
    if task == "write":
        committed.write_bytes(ptx)
    elif committed.read_bytes() != ptx:
        sys.exit(f"{committed.name} is not what the kernels compile to; run `cargo xtask kernels` and commit it")


if __name__ == "__main__":
    main()
