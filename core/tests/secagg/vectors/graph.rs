//! Relabellings and neighbours of the sparse graph.

use serde_json::Value;

use crate::support::vectors::{array, list, load, small};

/// The graph of a run description is the way to a graph.
fn graph(case: &Value, degree: u32) -> cloakwork_core::secagg::Graph {
    super::runs::run_with_graph(small(&case["n"]), degree, array(&case["beacon"])).graph()
}

#[test]
fn graphs() {
    let file = load("graph.json");
    let numbers = |value: &Value| -> Vec<u32> { list(value).iter().map(small).collect() };
    for case in list(&file["permutations"]) {
        let graph = graph(case, 0);
        for (position, permuted) in (0..).zip(numbers(&case["permuted"])) {
            assert_eq!(graph.permute(position), permuted, "{case}");
            assert_eq!(graph.inverse(permuted), position, "{case}");
        }
    }
    for case in list(&file["samples"]) {
        let graph = graph(case, 0);
        let positions = numbers(&case["positions"]);
        let permuted: Vec<u32> = positions.iter().map(|&position| graph.permute(position)).collect();
        assert_eq!(permuted, numbers(&case["permuted"]), "{case}");
        let inverse: Vec<u32> = positions.iter().map(|&position| graph.inverse(position)).collect();
        assert_eq!(inverse, numbers(&case["inverse"]), "{case}");
    }
    for case in list(&file["neighbours"]) {
        let degree = small(&case["degree"]);
        let graph = graph(case, degree);
        for (position, expected) in numbers(&case["positions"]).into_iter().zip(list(&case["neighbours"])) {
            let mut neighbours = Vec::new();
            graph.for_each_neighbour(position, |other| neighbours.push(other));
            neighbours.sort_unstable();
            assert_eq!(neighbours, numbers(expected), "{case}");
            assert_eq!(neighbours.len() as u32, graph.degree());
        }
    }
}
