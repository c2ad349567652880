//! The ring of a sparse graph, cut into arcs.

use super::*;

/// Members at places of the ring of a sparse graph.
fn at_places<const K: usize>(simulation: &Simulation<K>, places: impl Iterator<Item = u32>) -> Vec<usize> {
    let graph = simulation.run.graph();
    let mut members: Vec<usize> = places.map(|place| graph.inverse(place) as usize).collect();
    members.sort_unstable();
    members
}

/// The ring is cut into two arcs and each is told that the other dropped out. The members at the cut keep k/2 neighbours of theirs, which is below t:
/// they refuse, and without them the next ones lack acknowledgements. No other cut into two sets does better without colluders: the
/// neighbourhoods of two members that are next to each other on the ring, on different sides, share k places with themselves counted, and
/// these would have to hold t of each side, 2t > k in all.
#[test]
fn arcs_of_a_sparse_graph() {
    for (first, second) in [(0..12, 12..24), (0..5, 5..24), (3..17, 19..26)] {
        let mut simulation = ready::<6>(Setting::sparse(24, 6, 4), "arcs");
        let all = everyone(&simulation);
        let mut attacker = masked(&mut simulation, &[]);
        let arcs = [first, second].map(|places| at_places(&simulation, places.map(|place| place % 24)));
        let mut refused = 0;
        for arc in &arcs {
            for &member in arc {
                match attacker.tell(&mut simulation, member, 1, &all, arc) {
                    Ok(()) => {}
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::TooFewNeighbours);
                        refused += 1;
                    }
                }
            }
        }
        assert!(refused >= 2, "the members at both ends of at least one arc");
        for arc in &arcs {
            for &member in arc {
                let _ = attacker.ask(&mut simulation, member, arc);
            }
        }
        assert_eq!(attacker.opened(&simulation), [], "who is next to the cut lacks an acknowledgement");
    }
}

/// What the claim for sparse graphs excludes: two colluders in a row at each cut are neighbours of both arcs. There are no more than c = 2 of them
/// around any member, t is what the run demands, every client keeps to the rules, and both arcs open. Lemma 2 holds: each has
/// at least 2t - k - c + 1 honest members. On the complete graph this cannot be (the theorem).
#[test]
fn arcs_of_a_sparse_graph_with_colluders_at_the_cuts() {
    let (degree, threshold, colluders) = (6, 5, 2);
    let setting = Setting { colluders, ..Setting::sparse(24, degree, threshold) };
    let mut simulation = ready::<6>(setting, "bridges");
    let all = everyone(&simulation);
    let bridges = at_places(&simulation, [0, 1, 12, 13].into_iter());
    let most =
        all.iter().map(|&member| simulation.neighbours(member).iter().filter(|other| bridges.contains(other)).count());
    assert_eq!(most.max(), Some(colluders as usize));
    let arcs = [2..12, 14..24].map(|places| at_places(&simulation, places));
    let mut attacker = masked(&mut simulation, &bridges);
    let sets: Vec<Vec<usize>> = arcs
        .iter()
        .map(|arc| {
            let mut set = [&arc[..], &bridges].concat();
            set.sort_unstable();
            set
        })
        .collect();
    for (arc, set) in arcs.iter().zip(&sets) {
        for &member in arc {
            attacker.tell(&mut simulation, member, 1, &all, set).unwrap();
        }
    }
    attacker.collude(&mut simulation, &sets);
    for (arc, set) in arcs.iter().zip(&sets) {
        for &member in arc {
            attacker.ask(&mut simulation, member, set).unwrap();
        }
    }
    let opened = attacker.opened(&simulation);
    let mut expected: Vec<Opened> = arcs.iter().map(|arc| truth(&simulation, arc)).collect();
    expected.sort_by(|a, b| a.members.cmp(&b.members));
    assert_eq!(opened, expected, "two sums");
    let least = (2 * threshold + 1 - degree - colluders) as usize;
    assert!(opened.iter().all(|sum| sum.members.len() >= least));
}
