//! Private set intersection: the exponents. Items and what becomes of them are sorted and looked up, in functions that say so by their name.

use crate::Case;
use crate::secret::{reveal, secret};
use cloakwork_core::group::{Element, Scalar, encode_products};

/// The cases of this file.
pub const CASES: &[Case] = &[("psi: exponents", exponents)];

fn exponents() {
    let exponent = Scalar::expand(&secret([7; 32]), "psi blinding", &[]);
    let elements: Vec<Element> = (0..3u8).map(|item| Element::hash("psi item", &[&[item]])).collect();
    let mut hidden = encode_products(&elements, &exponent).to_vec();
    reveal(&mut hidden);
    // What came from elsewhere, public, and back.
    let received: Vec<Element> = hidden.iter().map(|bytes| Element::decode(bytes).expect("an element")).collect();
    let mut found = encode_products(&received, &exponent.inverse()).to_vec();
    reveal(&mut found);
    let plain: Vec<[u8; 32]> = elements.iter().map(|element| *element.encode()).collect();
    assert_eq!(found, plain);
}
