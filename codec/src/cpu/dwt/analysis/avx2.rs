//! The kernels of the forward transform compiled for AVX2.

use super::reversible::kernels;
use crate::cpu::simd::Simd;

/// A safe function of the kernel's name that runs it as the compiler vectorises it with AVX2.
macro_rules! compiled {
    ($($kernel:ident($($argument:ident: $kind:ty),*);)*) => {$(
        pub(super) fn $kernel(simd: Simd, $($argument: $kind),*) {
            #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
            fn compiled($($argument: $kind),*) {
                kernels::$kernel($($argument),*)
            }
            assert!(simd.is_avx2());
            // SAFETY: `is_avx2` says that the processor has what the function enables.
            unsafe { compiled($($argument),*) }
        }
    )*};
}

compiled! {
    high(row: &mut [i32], above: &[i32], below: &[i32]);
    low(row: &mut [i32], above: &[i32], below: &[i32]);
    cascade(even: &mut [i32], odd: &mut [i32], next: &[i32], before: &[i32]);
    split(odd: bool, row: &[i32], low: &mut [i32], high: &mut [i32]);
}
