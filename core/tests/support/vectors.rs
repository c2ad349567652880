//! Reads the vectors that drive every language (tests/README.md).

use cloakwork_core::privacy::mechanism::{Mechanism, MechanismConfig};
use serde_json::Value;

/// A file of tests/vectors.
pub fn load(name: &str) -> Value {
    let path = format!("{}/../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// The items of a list; an empty one would test nothing.
pub fn list(value: &Value) -> &[Value] {
    let items = value.as_array().unwrap();
    assert!(!items.is_empty());
    items
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A byte string in hex.
pub fn bytes(value: &Value) -> Vec<u8> {
    let digits = text(value).as_bytes();
    assert!(digits.len().is_multiple_of(2));
    let digit = |digit: u8| (digit as char).to_digit(16).unwrap() as u8;
    digits.chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

pub fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}

/// A number, or a decimal string where it may pass 2^53.
pub fn integer(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| text(value).parse().unwrap())
}

/// A number that fits 32 bits.
pub fn small(value: &Value) -> u32 {
    integer(value).try_into().unwrap()
}

/// A double, given by its bits.
pub fn real(value: &Value) -> f64 {
    f64::from_be_bytes(array(value))
}

/// A noise mechanism.
pub fn mechanism(value: &Value) -> Mechanism {
    Mechanism::new(MechanismConfig {
        dimension: integer(&value["dimension"]),
        block_log2: small(&value["block_log2"]).try_into().unwrap(),
        clamp: real(&value["clamp"]),
        clip: real(&value["clip"]),
        granularity: real(&value["granularity"]),
        noise: real(&value["noise"]),
        norm_bound: integer(&value["norm_bound"]),
        parts: small(&value["parts"]),
        honest: small(&value["honest"]),
    })
    .unwrap()
}
