//! The vectors of an independent program: every function and type of number, bit for bit.

use cloakwork_core::Result;
use cloakwork_core::hadamard::{
    Number, Real, Signs, rotate, rotate_orthonormal, transform, transform_orthonormal, unrotate, unrotate_orthonormal,
};
use cloakwork_core::prg::Suite;
use serde_json::Value;

use super::{Oracle, bits};
use crate::files::{array, integer, list, load, small, text};

fn signs(case: &Value) -> (Signs, u64) {
    let suite = Suite::new(small(&case["suite"]).try_into().unwrap()).unwrap();
    (Signs::new(suite, &array(&case["seed"])), integer(&case["first"]))
}

fn is_orthonormal(case: &Value) -> bool {
    case["orthonormal"].as_bool().unwrap()
}

fn apply<T: Number>(case: &Value, data: &mut [T]) -> Result<()> {
    let (signs, first) = signs(case);
    match text(&case["function"]) {
        "transform" => transform(data),
        "rotate" => rotate(&signs, first, data),
        "unrotate" => unrotate(&signs, first, data),
        other => panic!("{other}"),
    }
}

fn apply_orthonormal<T: Real>(case: &Value, data: &mut [T]) -> Result<()> {
    let (signs, first) = signs(case);
    match text(&case["function"]) {
        "transform" => transform_orthonormal(data),
        "rotate" => rotate_orthonormal(&signs, first, data),
        "unrotate" => unrotate_orthonormal(&signs, first, data),
        other => panic!("{other}"),
    }
}

fn replay<T: Oracle>(case: &Value, read: impl Fn(&Value) -> T, apply: impl Fn(&Value, &mut [T]) -> Result<()>) {
    let [mut data, expected] = ["input", "output"].map(|name| list(&case[name]).iter().map(&read).collect::<Vec<T>>());
    apply(case, &mut data).unwrap();
    let what = format!("{} {} {}", case["number"], case["function"], data.len());
    assert_eq!(bits(&data), bits(&expected), "{what}");
}

fn single(value: &Value) -> f32 {
    f32::from_be_bytes(array(value))
}

fn double(value: &Value) -> f64 {
    f64::from_be_bytes(array(value))
}

#[test]
fn transforms_follow_the_vectors() {
    for case in list(&load("hadamard.json")["transforms"]) {
        match (text(&case["number"]), is_orthonormal(case)) {
            ("f32", false) => replay(case, single, apply),
            ("f64", false) => replay(case, double, apply),
            ("f32", true) => replay(case, single, apply_orthonormal),
            ("f64", true) => replay(case, double, apply_orthonormal),
            ("i32", false) => replay::<i32>(case, |value| text(value).parse().unwrap(), apply),
            ("i64", false) => replay::<i64>(case, |value| text(value).parse().unwrap(), apply),
            (other, _) => panic!("{other}"),
        }
    }
}
