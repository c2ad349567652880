//! Hashes, field, mask streams, packing and fixed point.

use cloakwork_core::field::Element;
use cloakwork_core::fixed::FixedPoint;
use cloakwork_core::kdf;
use cloakwork_core::mask::{Seed, StreamLabel};
use cloakwork_core::prg::{Sign, StreamKey, Suite, add_stream, keystream};
use cloakwork_core::ring::{Bits, Lane, center, lane_bytes, pack, packed_len, unpack};
use serde_json::Value;

use crate::files::{array, bytes, integer, list, load, small, text};

fn wide(value: &Value) -> u128 {
    text(value).parse().unwrap()
}

/// A centred residue mod 2^128: the one that no i128 holds, 2^127, stands for itself as -2^127.
fn centred(value: &Value) -> i128 {
    text(value).parse().unwrap_or_else(|_| wide(value).cast_signed())
}

fn byte(value: &Value) -> u8 {
    small(value).try_into().unwrap()
}

fn bits(value: &Value) -> Bits {
    Bits::new(byte(value)).unwrap()
}

/// Runs a piece of code with the lane type of a width.
macro_rules! with_lane {
    ($bits:expr, $lane:ident => $body:expr) => {
        match lane_bytes($bits) {
            4 => {
                type $lane = u32;
                $body
            }
            8 => {
                type $lane = u64;
                $body
            }
            _ => {
                type $lane = u128;
                $body
            }
        }
    };
}

#[test]
fn hashes() {
    for case in list(&load("hash.json")["hash"]) {
        let parts: Vec<Vec<u8>> = case["parts"].as_array().unwrap().iter().map(bytes).collect();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        assert_eq!(kdf::hash(text(&case["label"]), &parts), array(&case["hash"]), "{case}");
    }
}

#[test]
fn field_elements() {
    let file = load("field.json");
    let element = |value: &Value| Element::from_canonical(integer(value)).unwrap();
    for case in list(&file["operations"]) {
        let (a, b) = (element(&case["a"]), element(&case["b"]));
        assert_eq!(a.add(&b).to_canonical(), integer(&case["sum"]), "{case}");
        assert_eq!(a.sub(&b).to_canonical(), integer(&case["difference"]), "{case}");
        assert_eq!(a.mul(&b).to_canonical(), integer(&case["product"]), "{case}");
    }
    for case in list(&file["inverses"]) {
        assert_eq!(element(&case["a"]).inverse().to_canonical(), integer(&case["inverse"]), "{case}");
    }
    for case in list(&file["bytes"]) {
        let encoded = array(&case["bytes"]);
        assert_eq!(element(&case["value"]).to_le_bytes(), encoded, "{case}");
        assert_eq!(Element::from_le_bytes(&encoded).unwrap().to_canonical(), integer(&case["value"]), "{case}");
    }
    for case in list(&file["malformed"]) {
        let error = Element::from_le_bytes(&array(&case["bytes"])).map(drop).unwrap_err();
        assert_eq!(u64::from(error.kind().code().unsigned_abs()), integer(&case["error"]), "{case}");
    }
}

#[test]
fn mask_streams() {
    let file = load("prg.json");
    let suite = |case: &Value| Suite::new(byte(&case["suite"])).unwrap();
    let key = |value: &Value| {
        let mut key = [0; 32];
        let given = bytes(value);
        key[..given.len()].copy_from_slice(&given);
        StreamKey::from_bytes(key)
    };
    for case in list(&file["keystream"]) {
        let expected = bytes(&case["bytes"]);
        let mut stream = vec![0; expected.len()];
        keystream(suite(case), &key(&case["key"]), integer(&case["byte_offset"]), &mut stream).unwrap();
        assert_eq!(stream, expected, "{case}");
    }
    for case in list(&file["elements"]) {
        let expected: Vec<u128> = list(&case["elements"]).iter().map(wide).collect();
        let bits = bits(&case["bits"]);
        with_lane!(bits, L => {
            let mut lanes = vec![L::default(); expected.len()];
            add_stream(suite(case), &key(&case["key"]), Sign::Plus, integer(&case["first"]), &mut lanes).unwrap();
            let elements: Vec<u128> = lanes.iter().map(|lane| lane.reduce(bits).to_u128()).collect();
            assert_eq!(elements, expected, "{case}");
        });
    }
    for case in list(&file["stream_keys"]) {
        let label = StreamLabel {
            suite: suite(case),
            index: byte(&case["index"]),
            label: text(&case["label"]),
            bits: bits(&case["bits"]),
            length: integer(&case["length"]),
        };
        let derived = Seed::from_bytes(array(&case["seed"])).stream_key(&label);
        // Keys are not shown; their streams are the same only if they are.
        let mut streams = [[0; 64]; 2];
        for (stream, key) in streams.iter_mut().zip([derived, key(&case["key"])]) {
            keystream(suite(case), &key, 0, stream).unwrap();
        }
        assert_eq!(streams[0], streams[1], "{case}");
    }
}

#[test]
fn packing() {
    let file = load("ring.json");
    for case in list(&file["packing"]) {
        let (bits, packed) = (bits(&case["bits"]), bytes(&case["packed"]));
        let values: Vec<u128> = case["values"].as_array().unwrap().iter().map(wide).collect();
        with_lane!(bits, L => {
            let lanes: Vec<L> = values.iter().map(|&value| L::from_u128(value)).collect();
            let mut ours = vec![0; packed.len()];
            pack(bits, &lanes, &mut ours).unwrap();
            assert_eq!(ours, packed, "{case}");
            let mut back = vec![L::default(); lanes.len()];
            unpack(bits, &packed, &mut back).unwrap();
            assert_eq!(back, lanes, "{case}");
        });
    }
    for case in list(&file["lengths"]) {
        assert_eq!(packed_len(bits(&case["bits"]), integer(&case["count"])), integer(&case["bytes"]), "{case}");
    }
    for case in list(&file["malformed"]) {
        let bits = bits(&case["bits"]);
        with_lane!(bits, L => {
            let mut lanes = vec![L::default(); small(&case["count"]) as usize];
            assert!(unpack(bits, &bytes(&case["packed"]), &mut lanes).is_err(), "{case}");
        });
    }
    for case in list(&file["centring"]) {
        let bits = bits(&case["bits"]);
        for (residue, expected) in list(&case["residues"]).iter().zip(list(&case["centred"])) {
            with_lane!(bits, L => assert_eq!(center(L::from_u128(wide(residue)), bits), centred(expected), "{case}"));
        }
    }
}

fn float(case: &Value) -> f64 {
    f64::from_be_bytes(array(&case["ieee754"]))
}

fn fixed(case: &Value, parties: u32) -> FixedPoint {
    FixedPoint::new(bits(&case["bits"]), case["fraction"].as_i64().unwrap().try_into().unwrap(), parties).unwrap()
}

#[test]
fn fixed_point() {
    let file = load("fixed.json");
    for case in list(&file["encoding"]) {
        let fixed = fixed(case, small(&case["parties"]));
        assert_eq!(fixed.limit(), wide(&case["bound"]), "{case}");
        for value in list(&case["floats"]) {
            with_lane!(fixed.bits(), L => {
                let mut lanes = [L::default()];
                let encoded = fixed.encode_f64(&[float(value)], &mut lanes);
                match value["error"].as_u64() {
                    Some(code) => assert_eq!(u64::from(encoded.unwrap_err().kind().code().unsigned_abs()), code, "{value}"),
                    None => {
                        encoded.unwrap();
                        assert_eq!(lanes[0].reduce(fixed.bits()).to_u128(), wide(&value["residue"]), "{value} of {}", case["bits"]);
                    }
                }
            });
        }
    }
    for case in list(&file["integers"]) {
        let fixed = fixed(case, small(&case["parties"]));
        assert_eq!(fixed.limit(), wide(&case["bound"]), "{case}");
        for value in list(&case["integers"]) {
            with_lane!(fixed.bits(), L => {
                let mut lanes = [L::default()];
                let encoded = fixed.encode_i64(&[text(&value["value"]).parse().unwrap()], &mut lanes);
                match value["error"].as_u64() {
                    Some(code) => assert_eq!(u64::from(encoded.unwrap_err().kind().code().unsigned_abs()), code, "{value}"),
                    None => {
                        encoded.unwrap();
                        assert_eq!(lanes[0].reduce(fixed.bits()).to_u128(), wide(&value["residue"]), "{value} of {case}");
                    }
                }
            });
        }
    }
    for case in list(&file["decoding"]) {
        let fixed = fixed(case, 1);
        for sum in list(&case["sums"]) {
            with_lane!(fixed.bits(), L => {
                let mut decoded = [0.0];
                let residue = wide(&sum["residue"]);
                fixed.decode_f64(&[L::from_u128(residue)], &mut decoded).unwrap();
                // No sum within the bound of a run is 2^127, and no i128 holds it: it decodes as -2^127.
                let expected = if residue == 1 << 127 { -float(sum) } else { float(sum) };
                assert_eq!(decoded[0].to_bits(), expected.to_bits(), "{sum} of {}", case["bits"]);
            });
        }
    }
    for case in list(&file["no_bound"]) {
        assert!(FixedPoint::new(bits(&case["bits"]), 0, small(&case["parties"])).is_err(), "{case}");
    }
}
