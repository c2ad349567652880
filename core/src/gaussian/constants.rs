//! Constants of the exponentials; written by tools/gaussian_constants.py, which says how they are computed.

/// floor(2^128 ln 2).
pub(super) const LN_2: u128 = 0xb172_17f7_d1cf_79ab_c9e3_b398_03f2_f6af;

/// floor(2^126 log2(e) / 2).
pub(super) const HALF_LOG2_E: u128 = 0x2e2a_8eca_5705_fc2e_efa1_ffb4_1a47_4fa2;

/// floor(2^128 2^-(1/2)), floor(2^128 2^-(1/4)), ...
pub(super) const ROOTS: [u128; 4] = [
    0xb504_f333_f9de_6484_597d_89b3_754a_be9f,
    0xd744_fcca_d69d_6af4_39a6_8bb9_902d_3fde,
    0xeac0_c6e7_dd24_392e_d02d_75b3_706e_54fa,
    0xf525_7d15_2486_cc2c_7b9d_0c7a_ed98_0fc3,
];

/// 2^32 times the coefficients of 2^-f = c_0 - f (c_1 - f (c_2 - ...)) for f in [0, 1].
pub(super) const COEFFICIENTS: [u64; 8] =
    [0x0001_0000_0000, 0xb172_17e7, 0x3d7f_7aa6, 0x0e35_7996, 0x0276_2a6d, 0x0057_04af, 0x0009_a6a6, 0x0000_b58d];
