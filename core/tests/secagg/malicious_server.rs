//! Attacks of a malicious server, tried on the real machines: what it obtains never opens a second sum, and never one over fewer honest members
//! than threat-model.md section 3 says. The attacker of `support/attacker.rs` keeps every mask key, acknowledgement and share that it is given
//! and decrypts whatever can be decrypted with them.

mod keys;
mod sparse;

use std::collections::BTreeSet;

use crate::support::attacker::{Attacker, Opened};
use crate::support::cbor::{self, BODY, Item};
use crate::support::input::expected_sums;
use crate::support::random::Generator;
use crate::support::setting::Setting;
use crate::support::simulation::{Faithful, Losing, Moment, Simulation, respond, saved};
use cloakwork_core::agreement::{FreshKey, Identity, PairKey, Party, Peer};
use cloakwork_core::secagg::{ClientState, Encoding, Segment, Step};
use cloakwork_core::{Error, ErrorKind};

const MODEL: [u8; 32] = [0xaa; 32];
const OTHER_MODEL: [u8; 32] = [0xbb; 32];

fn segments() -> Vec<Segment> {
    vec![
        Segment::new("wide", 64, 2, Encoding::Residues).unwrap(),
        Segment::new("narrow", 5, 3, Encoding::Residues).unwrap(),
    ]
}

/// A round that the server has begun on paper and that the attacker plays.
fn ready<const K: usize>(setting: Setting, name: &str) -> Simulation<K> {
    let mut simulation = Simulation::ready(&Setting { segments: segments(), ..setting }, name);
    simulation.begin(None).unwrap();
    simulation
}

fn everyone<const K: usize>(simulation: &Simulation<K>) -> Vec<usize> {
    (0..simulation.members()).collect()
}

/// Everyone masks for everyone.
fn masked<const K: usize>(simulation: &mut Simulation<K>, colluders: &[usize]) -> Attacker {
    let mut attacker = Attacker::new(simulation, colluders);
    let all = everyone(simulation);
    for &member in &all {
        attacker.begin(simulation, member, &all, MODEL).unwrap();
    }
    attacker
}

fn without(set: &[usize], gone: &[usize]) -> Vec<usize> {
    set.iter().copied().filter(|member| !gone.contains(member)).collect()
}

/// The true sum over some members.
fn truth<const K: usize>(simulation: &Simulation<K>, members: &[usize]) -> Opened {
    let sums = expected_sums(&simulation.run, members.iter().map(|&member| &simulation.inputs[member]));
    Opened { members: members.to_vec(), sums }
}

fn kind(result: Result<(), Error>) -> ErrorKind {
    result.unwrap_err().kind()
}

/// The attacker of these tests can do what an honest server does; without that its failures would say nothing.
#[test]
fn the_attacker_opens_what_may_be_opened() {
    let mut simulation = ready::<6>(Setting::complete(7, 4), "honest");
    let mut attacker = masked(&mut simulation, &[]);
    let all = everyone(&simulation);
    assert_eq!(attacker.opened(&simulation), []);
    for member in 0..4 {
        attacker.ask(&mut simulation, member, &all).unwrap();
        assert_eq!(attacker.opened(&simulation), [], "no member has four shares");
    }
    attacker.ask(&mut simulation, 4, &all).unwrap();
    assert_eq!(attacker.opened(&simulation), [truth(&simulation, &all)]);

    let mut simulation = ready::<6>(Setting { colluders: 1, ..Setting::complete(7, 4) }, "with dropouts");
    let mut attacker = masked(&mut simulation, &[0]);
    let set = without(&all, &[6]);
    for member in 1..6 {
        attacker.tell(&mut simulation, member, 1, &all, &set).unwrap();
    }
    attacker.collude(&mut simulation, core::slice::from_ref(&set));
    for member in 1..6 {
        attacker.ask(&mut simulation, member, &set).unwrap();
    }
    assert_eq!(attacker.opened(&simulation), [truth(&simulation, &[1, 2, 3, 4, 5])], "a colluder knows its own input");
}

/// Different models for different clients (Pasquini, Francati, Ateniese, CCS 2022). Whoever is told another model shares no mask with the others, so
/// nothing opens but, at the price of naming the others as dropped out, the sum over one group of more than t.
#[test]
fn different_models() {
    for group in 0..=7_usize {
        let mut simulation = ready::<6>(Setting::complete(7, 4), "models");
        let all = everyone(&simulation);
        let mut attacker = Attacker::new(&simulation, &[]);
        for member in 0..7 {
            let model = if member < group { MODEL } else { OTHER_MODEL };
            attacker.begin(&mut simulation, member, &all, model).unwrap();
        }
        let (left, right): (Vec<usize>, Vec<usize>) = all.iter().partition(|&&member| member < group);
        let mut told = 0;
        for half in [&left, &right] {
            for &member in half {
                if half.len() < 7 && attacker.tell(&mut simulation, member, 1, &all, half).is_ok() {
                    told += 1;
                }
            }
        }
        for half in [&left, &right] {
            for &member in half {
                let _ = attacker.ask(&mut simulation, member, half);
            }
        }
        let opened = attacker.opened(&simulation);
        match group.max(7 - group) {
            7 => assert_eq!(opened, [truth(&simulation, &all)]),
            large @ 5..=6 => {
                let half = if group == large { left } else { right };
                assert_eq!((told, opened), (large, vec![truth(&simulation, &half)]));
            }
            _ => assert_eq!((told, opened), (0, vec![]), "neither half has t neighbours for its members"),
        }
    }
}

/// Whoever is told another model and answers as if nothing had happened adds masks that do not cancel: the sum is refused, not wrong.
#[test]
fn a_sum_over_different_models_does_not_cancel() {
    let mut simulation = Simulation::<4>::ready(&Setting { segments: segments(), ..Setting::no_recovery(5) }, "no sum");
    simulation.begin(None).unwrap();
    let (mut payloads, mut h) = (Vec::new(), Item::Null);
    for member in 0..5 {
        let begin = simulation.due(member).unwrap();
        let model = if member == 3 { OTHER_MODEL } else { simulation.context };
        let begin = cbor::with(&begin, BODY + 2, Item::Bytes(model.to_vec()));
        let honest = core::mem::replace(&mut simulation.context, model);
        let masked = simulation.answer(member, &begin).unwrap().unwrap();
        simulation.context = honest;
        payloads.push(cbor::item(&masked, BODY + 4).bytes().to_vec());
        let delivered = simulation.deliver(member, &masked);
        if member == 3 {
            // An honest server sees h and refuses; a malicious one pretends.
            assert_eq!(delivered.unwrap_err().kind(), ErrorKind::WrongContext);
            simulation.deliver(member, &cbor::with(&masked, BODY + 1, h.clone())).unwrap();
        } else {
            h = cbor::item(&masked, BODY + 1);
        }
    }
    assert_eq!(simulation.server.step(), Step::Sum);
    let payloads: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
    let refused = simulation.server.opening().unwrap().sum::<u64>(0, &payloads).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::MasksDidNotCancel);
}

/// Participants that differ from client to client are another round hash, with the same effect as another model.
#[test]
fn different_participants() {
    let mut simulation = ready::<6>(Setting::complete(7, 4), "participants");
    let all = everyone(&simulation);
    let mut attacker = Attacker::new(&simulation, &[]);
    let told: Vec<Vec<usize>> = (0..7).map(|member| without(&all, &[(member + 1) % 7])).collect();
    for member in 0..7 {
        attacker.begin(&mut simulation, member, &told[member], MODEL).unwrap();
    }
    for member in 0..7 {
        let set = told[member].clone();
        attacker.ask(&mut simulation, member, &set).unwrap();
    }
    assert!((0..7).all(|member| attacker.holders(member) == 0), "no share decrypts under another round hash");
    assert_eq!(attacker.opened(&simulation), []);

    // Two groups of participants that overlap: each sees the other's members, or not.
    let mut simulation = ready::<8>(Setting::complete(9, 5), "overlap");
    let mut attacker = Attacker::new(&simulation, &[]);
    let groups = [vec![0, 1, 2, 3, 4, 5], vec![3, 4, 5, 6, 7, 8]];
    for member in 0..9 {
        let group = &groups[usize::from(member >= 5)];
        attacker.begin(&mut simulation, member, group, MODEL).unwrap();
    }
    for member in 0..9 {
        let group = groups[usize::from(member >= 5)].clone();
        attacker.ask(&mut simulation, member, &group).unwrap();
    }
    assert_eq!(attacker.opened(&simulation), []);
}

/// Mask keys are given for who left and shares for who stayed, whatever a client is told in whatever order: never both for one neighbour.
#[test]
fn never_both_shares_of_one_member() {
    let mut rng = Generator::new("both shares");
    let mut given = [0, 0];
    for trial in 0..60 {
        let mut simulation = ready::<7>(Setting { max_passes: 4, ..Setting::complete(8, 4) }, &format!("both {trial}"));
        let all = everyone(&simulation);
        let mut attacker = masked(&mut simulation, &[]);
        let mut last = vec![all.clone(); 8];
        let mut pass = [0; 8];
        for _ in 0..60 {
            let member = rng.below(8);
            let set: Vec<usize> = match rng.below(4) {
                0 => all.iter().copied().filter(|_| rng.below(4) > 0).collect(),
                1 => all.clone(),
                _ => without(&last[member], &[rng.below(8)]),
            };
            if rng.below(3) > 0 {
                let previous = if rng.below(5) == 0 { all.clone() } else { last[member].clone() };
                if attacker.tell(&mut simulation, member, pass[member] + 1, &previous, &set).is_ok() {
                    last[member] = set;
                    pass[member] += 1;
                    given[0] += 1;
                }
            } else {
                let set = if rng.below(4) == 0 { set } else { last[member].clone() };
                given[1] += usize::from(attacker.ask(&mut simulation, member, &set).is_ok());
            }
        }
        for member in 0..8 {
            assert!((0..8).all(|other| !attacker.has_both(member, other)), "trial {trial}");
        }
        check(&simulation, &attacker, 0);
    }
    assert!(given[0] > 300 && given[1] > 60, "{given:?} answers");
}

/// At most one sum is open, it is the true one, and enough honest members are in it.
fn check<const K: usize>(simulation: &Simulation<K>, attacker: &Attacker, colluders: usize) -> bool {
    let opened = attacker.opened(simulation);
    assert!(opened.len() <= 1, "{opened:?}");
    for sum in &opened {
        assert_eq!(*sum, truth(simulation, &sum.members));
        let least = simulation.run.config().threshold as usize + 1 - colluders;
        assert!(sum.members.len() >= least, "{opened:?}");
    }
    !opened.is_empty()
}

/// One honest member among colluders, and sets below the bounds of the run: the client itself refuses.
#[test]
fn one_honest_member_among_colluders() {
    let setting = || Setting { colluders: 2, min_inputs: 5, ..Setting::complete(8, 5) };
    let mut simulation = ready::<7>(setting(), "sybils");
    let mut attacker = Attacker::new(&simulation, &[6, 7]);
    for participants in [&[0, 6, 7][..], &[0, 1, 6, 7], &[0, 1, 2, 6, 7]] {
        let refused = kind(attacker.begin(&mut simulation, 0, participants, MODEL));
        assert!(
            matches!(refused, ErrorKind::TooFewInputs | ErrorKind::TooFewNeighbours),
            "{participants:?}: {refused:?}"
        );
        assert_eq!(simulation.clients[0].state(), ClientState::Ready);
    }
    // The smallest set that a client accepts: with the colluders' help it opens, over t + 1 - c honest members.
    let smallest = [0, 1, 2, 3, 6, 7];
    for member in smallest {
        attacker.begin(&mut simulation, member, &smallest, MODEL).unwrap();
    }
    attacker.collude(&mut simulation, &[]);
    for member in 0..4 {
        attacker.ask(&mut simulation, member, &smallest).unwrap();
    }
    assert_eq!(attacker.opened(&simulation), [truth(&simulation, &[0, 1, 2, 3])]);

    // From a round with everyone no smaller set is reached either.
    let mut simulation = ready::<7>(setting(), "sybils later");
    let all = everyone(&simulation);
    let mut attacker = masked(&mut simulation, &[6, 7]);
    for set in [&[0, 6, 7][..], &[0, 1, 2, 6, 7]] {
        let refused = kind(attacker.tell(&mut simulation, 0, 1, &all, set));
        assert!(matches!(refused, ErrorKind::TooFewInputs | ErrorKind::TooFewNeighbours));
    }
    assert_eq!(kind(attacker.ask(&mut simulation, 0, &[0, 6, 7])), ErrorKind::WrongSet);
}

/// The set that was asked for first, the next one, all: after its shares a client answers nothing.
#[test]
fn repeated_questions() {
    let mut simulation = ready::<6>(Setting::complete(7, 4), "repeated");
    let all = everyone(&simulation);
    let mut attacker = masked(&mut simulation, &[]);
    let set = without(&all, &[6]);
    for member in 0..6 {
        attacker.tell(&mut simulation, member, 1, &all, &set).unwrap();
        assert_eq!(kind(attacker.ask(&mut simulation, member, &all)), ErrorKind::WrongSet, "the set was left");
    }
    for member in 0..6 {
        attacker.ask(&mut simulation, member, &set).unwrap();
    }
    assert_eq!(attacker.opened(&simulation), [truth(&simulation, &set)]);
    let smaller = without(&set, &[5]);
    for member in 0..6 {
        for question in [&all, &set, &smaller] {
            assert_eq!(kind(attacker.ask(&mut simulation, member, question)), ErrorKind::OutOfOrder);
        }
        assert_eq!(kind(attacker.tell(&mut simulation, member, 2, &set, &smaller)), ErrorKind::OutOfOrder);
    }
    // A question with altered shares first, to have the honest ones as well: the first answer is the last.
    let mut simulation = ready::<6>(Setting::complete(7, 4), "altered first");
    let attacker = masked(&mut simulation, &[]);
    let open = attacker.open(&simulation, 0, &all);
    let altered = cbor::edited(&open, BODY + 3, |sealed| sealed.iter_mut().for_each(|byte| *byte ^= 1));
    let mut rng = Generator::new("none");
    let answer = respond(&mut simulation.clients[0], &altered, &mut rng).unwrap().unwrap();
    assert!(cbor::item(&answer, BODY + 4).bytes().is_empty(), "no share decrypts");
    assert_eq!(respond(&mut simulation.clients[0], &open, &mut rng).unwrap_err().kind(), ErrorKind::OutOfOrder);
}

/// Each pair is told that another pair dropped out. No set is acknowledged by t neighbours of anybody, so nobody answers.
#[test]
fn the_pairing_attack() {
    let mut simulation = ready::<7>(Setting { colluders: 1, ..Setting::complete(8, 5) }, "pairs");
    let all = everyone(&simulation);
    let mut attacker = masked(&mut simulation, &[7]);
    let sets: Vec<Vec<usize>> = [[2, 3], [4, 5], [0, 1]].iter().map(|gone| without(&all, gone)).collect();
    for member in 0..6 {
        attacker.tell(&mut simulation, member, 1, &all, &sets[member / 2]).unwrap();
    }
    attacker.collude(&mut simulation, &sets);
    for member in 0..6 {
        // One neighbour and the colluder acknowledged; five are needed.
        let before = saved(&simulation.clients[member]);
        let refused = kind(attacker.ask(&mut simulation, member, &sets[member / 2]));
        assert_eq!(refused, ErrorKind::TooFewAcknowledgements);
        assert_eq!(kind(attacker.ask(&mut simulation, member, &all)), ErrorKind::WrongSet);
        assert_eq!(saved(&simulation.clients[member]), before);
    }
    // The one who was told nothing opens the set of all, alone.
    attacker.ask(&mut simulation, 6, &all).unwrap();
    assert_eq!(attacker.opened(&simulation), []);
}

/// Every member of two triples is told a set of its own triple and one of the other, so that no two of different triples see each other.
const TRIPLES: [[usize; 4]; 6] = [[0, 1, 2, 3], [0, 1, 2, 4], [0, 1, 2, 5], [1, 3, 4, 5], [2, 3, 4, 5], [0, 3, 4, 5]];

/// The acknowledgements are what stands between this attack and two sums: with the ones that are really given nobody answers; with
/// those of clients that are rolled back, or whose keys are stolen, both triples open.
#[test]
fn two_triples_open_only_with_acknowledgements_that_nobody_gave() {
    for forged in [false, true] {
        let mut simulation = ready::<5>(Setting::complete(6, 3), "triples");
        let all = everyone(&simulation);
        let mut attacker = masked(&mut simulation, &[]);
        let twins: Vec<Vec<u8>> = simulation.clients.iter().map(saved).collect();
        for member in 0..6 {
            attacker.tell(&mut simulation, member, 1, &all, &TRIPLES[member]).unwrap();
        }
        if forged {
            let mut ignorant = Attacker::new(&simulation, &[]);
            for member in 0..6 {
                ignorant.begin_as(&attacker, member);
                for set in TRIPLES.iter().filter(|set| set.contains(&member)) {
                    let mut twin = simulation.restored(member, &twins[member]).unwrap();
                    ignorant.tell_twin(&mut simulation, &mut twin, member, &all, set).unwrap();
                }
            }
            attacker.take_acknowledgements(&ignorant);
        }
        for member in 0..6 {
            let asked = attacker.ask(&mut simulation, member, &TRIPLES[member]);
            match forged {
                true => asked.unwrap(),
                false => assert_eq!(kind(asked), ErrorKind::TooFewAcknowledgements),
            }
        }
        let opened = attacker.opened(&simulation);
        if forged {
            assert_eq!(opened, [truth(&simulation, &[0, 1, 2]), truth(&simulation, &[3, 4, 5])]);
        } else {
            assert_eq!(opened, []);
        }
    }
}

/// A member that left does not come back: its masks were given away, its seed never is.
#[test]
fn growing_sets() {
    let mut simulation = ready::<6>(Setting::complete(7, 4), "growing");
    let all = everyone(&simulation);
    let mut attacker = masked(&mut simulation, &[]);
    let small = without(&all, &[6]);
    for member in 0..6 {
        attacker.tell(&mut simulation, member, 1, &all, &small).unwrap();
        for (previous, next) in [(&small, &all), (&all, &all), (&all, &without(&all, &[5]))] {
            let refused = kind(attacker.tell(&mut simulation, member, 2, previous, next));
            assert!(matches!(refused, ErrorKind::SetNotNested | ErrorKind::WrongSet), "{refused:?}");
        }
    }
    for member in 0..6 {
        assert_eq!(kind(attacker.ask(&mut simulation, member, &all)), ErrorKind::WrongSet);
        attacker.ask(&mut simulation, member, &small).unwrap();
    }
    assert_eq!(attacker.holders(6), 0);
    assert_eq!(attacker.opened(&simulation), [truth(&simulation, &small)]);
}

/// Everything that a round gave away is worthless for the next one over the same members and the same model.
#[test]
fn rounds_share_no_secrets() {
    let mut simulation = ready::<6>(Setting::complete(7, 4), "rounds");
    let all = everyone(&simulation);
    let mut first = masked(&mut simulation, &[]);
    let begin = simulation.due(0).unwrap();
    for member in 0..7 {
        first.ask(&mut simulation, member, &all).unwrap();
    }
    let again = cbor::with(&begin, BODY + 2, Item::Bytes(MODEL.to_vec()));
    for member in 0..7 {
        assert_eq!(simulation.clients[member].begin(&again, &MODEL).unwrap_err().kind(), ErrorKind::WrongRound);
    }
    simulation.stop().unwrap();
    simulation.begin(None).unwrap();
    let mut second = masked(&mut simulation, &[]);
    second.take_everything(&first);
    assert_eq!(second.opened(&simulation), [], "shares and keys of the first round do not fit the second");
    // Shares of the first round in the questions of the second do not decrypt.
    for member in 0..7 {
        let open = second.open(&simulation, member, &all);
        let stale = cbor::edited(&open, BODY + 3, |sealed| {
            sealed.copy_from_slice(&first.sealed_for(member, &all));
        });
        let answer = respond(&mut simulation.clients[member], &stale, &mut Generator::new("none")).unwrap().unwrap();
        assert!(cbor::item(&answer, BODY + 4).bytes().is_empty());
    }
}

/// Acknowledgements are for one receiver, from one sender, of one set, in one round: reflected, passed on or old ones do not count.
#[test]
fn acknowledgements_of_others() {
    let mut simulation = ready::<6>(Setting::complete(7, 4), "acknowledgements");
    let all = everyone(&simulation);
    let mut attacker = masked(&mut simulation, &[]);
    let (set, other) = (without(&all, &[6]), without(&all, &[5]));
    for member in 0..5 {
        let told = if member < 3 { &set } else { &other };
        attacker.tell(&mut simulation, member, 1, &all, told).unwrap();
    }
    let open = attacker.open(&simulation, 0, &set);
    let given: Vec<Vec<u8>> = attacker.acknowledgements_given();
    let own: Vec<Vec<u8>> = attacker.acknowledgements_by(0);
    assert_eq!((given.len(), own.len()), (25, 5));
    let mut rng = Generator::new("which");
    for trial in 0..200 {
        // Whatever was given, in whatever place, beside the two that are right.
        let message = cbor::edited(&open, BODY + 4, |tags| {
            for place in 2..5 {
                let tag = if trial % 2 == 0 { &own[rng.below(5)] } else { &given[rng.below(25)] };
                tags[16 * place..16 * place + 16].copy_from_slice(tag);
            }
        });
        let refused = respond(&mut simulation.clients[0], &message, &mut rng).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TooFewAcknowledgements);
    }
}

/// A server that tells honest clients of larger runs chains drawn from a few sets, collects all acknowledgements and asks everyone.
#[test]
fn random_chains_open_one_sum_at_most() {
    let mut rng = Generator::new("random chains");
    let mut opened = 0;
    for (members, threshold, colluders) in [(6, 3, 0), (7, 4, 0), (7, 4, 1), (8, 5, 2), (9, 5, 1)] {
        let names: Vec<usize> = (0..colluders).collect();
        let setting = Setting { colluders: colluders as u32, max_passes: 3, ..Setting::complete(members, threshold) };
        let mut simulation = Simulation::<8>::ready(&Setting { segments: segments(), ..setting }, "random chains");
        for _ in 0..60 {
            simulation.begin(None).unwrap();
            let all = everyone(&simulation);
            let mut attacker = masked(&mut simulation, &names);
            // A few sets, each by leaving out one or two more than another.
            let mut sets = vec![all.clone()];
            for _ in 0..4 {
                let from = sets[rng.below(sets.len())].clone();
                let gone: BTreeSet<usize> = (0..1 + rng.below(2)).map(|_| rng.below(members as usize)).collect();
                let set = without(&from, &gone.into_iter().collect::<Vec<_>>());
                if set.len() > threshold as usize {
                    sets.push(set);
                }
            }
            let colluding: Vec<Vec<usize>> = sets[1..].iter().filter(|set| set.len() < all.len()).cloned().collect();
            attacker.collude(&mut simulation, &colluding);
            let mut last = vec![all.clone(); members as usize];
            for member in colluders..members as usize {
                for pass in 1..=rng.below(3) as u64 {
                    let previous = last[member].clone();
                    let next = sets[rng.below(sets.len())].clone();
                    if attacker.tell(&mut simulation, member, pass, &previous, &next).is_ok() {
                        last[member] = next;
                    }
                }
            }
            let mut order: Vec<usize> = (colluders..members as usize).collect();
            rng.shuffle(&mut order);
            for member in order {
                let set = last[member].clone();
                let _ = attacker.ask(&mut simulation, member, &set);
            }
            opened += usize::from(check(&simulation, &attacker, colluders));
            simulation.stop().unwrap();
        }
    }
    assert!(opened >= 20, "{opened} of 300 rounds opened a sum");
}

/// The rounds that the attacks here rest on cannot be planned: 2t <= k + c is no run.
#[test]
fn thresholds_that_allow_a_second_sum_are_no_runs() {
    for (members, threshold, colluders) in [(6, 2, 0), (7, 3, 0), (7, 3, 1), (8, 4, 2), (5, 2, 0), (3, 1, 0)] {
        let mut rng = Generator::new("thresholds");
        let roster = crate::support::setting::roster_of(&crate::support::setting::secrets(&mut rng, members as usize));
        let setting = Setting { colluders, ..Setting::complete(members, threshold) };
        let refused = setting.config(&roster).encode(&mut [0; 640]).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidThreshold);
        assert_eq!(refused.bound(), Some(u64::from((members - 1 + colluders) / 2 + 1)), "the least one that will do");
    }
}

/// A client that lost its server in the middle of a round takes part in the next one with an honest server.
#[test]
fn the_next_round_is_none_the_worse() {
    let mut simulation = ready::<6>(Setting::complete(7, 4), "afterwards");
    let all = everyone(&simulation);
    let mut attacker = masked(&mut simulation, &[]);
    for member in 0..7 {
        let next = without(&all, &[(member + 1) % 7]);
        attacker.tell(&mut simulation, member, 1, &all, &next).unwrap();
        let _ = attacker.ask(&mut simulation, member, &next);
    }
    simulation.stop().unwrap();
    simulation.begin(None).unwrap();
    let (outcome, refusals) =
        simulation.play(&mut Losing(|moment: Moment, member| moment.step == Step::Mask && member == 2));
    assert_eq!(refusals, []);
    assert_eq!(outcome, simulation.expected(&without(&all, &[2])));
}
