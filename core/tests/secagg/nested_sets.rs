//! The search of second_sum.rs where surviving sets are nested twice: six and seven members. With up to five, a run that the protocol allows lets a
//! set shrink once, so acknowledgements of sets within sets, on which lemmas 3 to 5 of threat-model.md turn, do not occur there.
//!
//! A behaviour of the server is what it tells each honest client: a last set A(u) and one set on the way to it. Two things need no search, because
//! they can only help the server: that a client answers when it may (one more known seed leaves the edges as they are, so what is open stays open), and
//! that it acknowledges a set on the way when there is room for one. Of the first honest client only one last set of each shape is tried: the others are the
//! same but for names.

use crate::support::attacker::Attacker;
use crate::support::setting::Setting;
use crate::support::simulation::{Simulation, saved};
use cloakwork_core::ErrorKind;

/// A set of members: bit i is position i. The first ones collude.
type Set = u8;

#[derive(Clone, Copy, Debug)]
struct Rules {
    members: u32,
    colluders: u32,
    threshold: u32,
}

/// What was found over all behaviours.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// Behaviours in which more than one sum is open.
    second_sums: u64,
    /// Behaviours in which a sum over fewer than t + 1 - c honest members is open.
    small_sums: u64,
    /// Behaviours that would be one of these if acknowledgements could be forged.
    suspicious: u64,
}

impl Rules {
    const fn everyone(self) -> Set {
        (1 << self.members) - 1
    }

    const fn colluding(self) -> Set {
        (1 << self.colluders) - 1
    }

    const fn least_sum(self) -> u32 {
        self.threshold + 1 - self.colluders
    }

    const fn sound(self) -> bool {
        2 * self.threshold > self.members - 1 + self.colluders
    }

    /// The sets that a client may be left with: it and t neighbours at least. At most two members are left out.
    fn last_sets(self, client: usize) -> Vec<Set> {
        let fits = |set: &Set| has(*set, client) && set.count_ones() > self.threshold;
        let sets: Vec<Set> = (0..=self.everyone()).filter(fits).collect();
        assert!(sets.iter().all(|&set| self.members - set.count_ones() <= 2));
        sets
    }

    /// One last set of each shape for the first honest client: how many colluders and how many honest clients are left out.
    fn shapes(self) -> Vec<Set> {
        let mut seen = Vec::new();
        let shape = |set: Set| ((set & self.colluding()).count_ones(), set.count_ones());
        let new = |set: &Set| {
            !seen.contains(&shape(*set)) && {
                seen.push(shape(*set));
                true
            }
        };
        self.last_sets(self.colluders as usize).into_iter().filter(new).collect()
    }
}

const fn has(set: Set, member: usize) -> bool {
    set >> member & 1 == 1
}

/// What one honest client was told: its last set, and the set on the way to it, if there is one.
#[derive(Clone, Copy)]
struct Told {
    last: Set,
    on_the_way: Option<Set>,
}

/// Tries every behaviour. `forged`: acknowledgements count without having been given.
fn search(rules: Rules) -> Found {
    let mut found = Found::default();
    let first = rules.colluders as usize;
    let honest = (rules.members - rules.colluders) as usize;
    let mut options = vec![rules.shapes()];
    options.extend((first + 1..rules.members as usize).map(|client| rules.last_sets(client)));
    let mut choice = vec![0; honest];
    let mut last = vec![0; honest];
    loop {
        for (place, &index) in choice.iter().enumerate() {
            last[place] = options[place][index];
        }
        let components = components(rules, &last);
        // If acknowledgements could be forged everyone answered; what is not open then is never open.
        if is_bad(rules, &open(rules, &last, &components, |_| true)) {
            found.suspicious += 1;
            try_ways(rules, &last, &components, &mut found);
        }
        let Some(place) = (0..honest).find(|&place| choice[place] + 1 < options[place].len()) else { return found };
        choice[place] += 1;
        choice[..place].fill(0);
    }
}

/// The honest clients in components: two are joined if neither gave away the mask that they share, that is, if each is in the other's last set.
fn components(rules: Rules, last: &[Set]) -> Vec<Set> {
    let first = rules.colluders as usize;
    let mut left = rules.everyone() & !rules.colluding();
    let mut found = Vec::new();
    while left != 0 {
        let mut component = 1 << left.trailing_zeros();
        let mut waiting: Set = component;
        left &= !component;
        while waiting != 0 {
            let u = waiting.trailing_zeros() as usize;
            waiting &= waiting - 1;
            let mut reachable = left & last[u - first];
            while reachable != 0 {
                let v = reachable.trailing_zeros() as usize;
                reachable &= reachable - 1;
                if has(last[v - first], u) {
                    left &= !(1 << v);
                    component |= 1 << v;
                    waiting |= 1 << v;
                }
            }
        }
        found.push(component);
    }
    found
}

/// The components of which every seed is known: by t shares, of colluders and of answerers in whose last set its owner is.
fn open(rules: Rules, last: &[Set], components: &[Set], answers: impl Fn(usize) -> bool) -> Vec<Set> {
    let first = rules.colluders as usize;
    let mut shares = [rules.colluders; 8];
    for (place, &set) in last.iter().enumerate() {
        if answers(place) {
            for owner in 0..rules.members as usize {
                shares[owner] += u32::from(owner != first + place && has(set, owner));
            }
        }
    }
    let is_open =
        |component: &&Set| (0..rules.members as usize).all(|u| !has(**component, u) || shares[u] >= rules.threshold);
    components.iter().filter(is_open).copied().collect()
}

fn is_bad(rules: Rules, open: &[Set]) -> bool {
    open.len() > 1 || open.iter().any(|component| component.count_ones() < rules.least_sum())
}

/// Tries every set on the way to the last ones, and counts what opens with the acknowledgements that are really given.
fn try_ways(rules: Rules, last: &[Set], components: &[Set], found: &mut Found) {
    let ways: Vec<Vec<Option<Set>>> = last
        .iter()
        .map(|&set| {
            let gone = rules.everyone() & !set;
            match gone.count_ones() {
                2 => (0..8).filter(|&member| has(gone, member)).map(|member| Some(set | 1 << member)).collect(),
                _ => vec![None],
            }
        })
        .collect();
    let mut choice = vec![0; last.len()];
    loop {
        let told: Vec<Told> =
            (0..last.len()).map(|place| Told { last: last[place], on_the_way: ways[place][choice[place]] }).collect();
        let open = open(rules, last, components, |place| may_answer(rules, &told, place));
        found.second_sums += u64::from(open.len() > 1);
        found.small_sums += u64::from(open.iter().any(|component| component.count_ones() < rules.least_sum()));
        let Some(place) = (0..choice.len()).find(|&place| choice[place] + 1 < ways[place].len()) else { return };
        choice[place] += 1;
        choice[..place].fill(0);
    }
}

/// Whether t others acknowledged the last set of a client: colluders in it, and honest clients that were told it.
fn may_answer(rules: Rules, told: &[Told], place: usize) -> bool {
    let set = told[place].last;
    if set == rules.everyone() {
        return true;
    }
    let others = told
        .iter()
        .enumerate()
        .filter(|(other, told)| *other != place && (told.last == set || told.on_the_way == Some(set)));
    others.count() as u32 + (set & rules.colluding()).count_ones() >= rules.threshold
}

fn assert_sound(members: u32, colluders: u32, threshold: u32) -> u64 {
    let rules = Rules { members, colluders, threshold };
    assert!(rules.sound());
    let found = search(rules);
    assert_eq!((found.second_sums, found.small_sums), (0, 0), "{rules:?}");
    found.suspicious
}

#[test]
fn no_second_sum_opens_with_nested_sets() {
    // Where a set can shrink twice, acknowledgements are what forbids it: without them thousands of behaviours open too much.
    assert!(assert_sound(6, 0, 3) > 1000);
    assert!(assert_sound(7, 1, 4) > 1000);
    for (members, colluders, threshold) in [(6, 1, 4), (6, 2, 4), (7, 2, 5), (7, 3, 5)] {
        assert_sound(members, colluders, threshold);
    }
}

#[test]
#[ignore = "make test-long: 340 million behaviours"]
fn no_second_sum_opens_among_seven_honest_members() {
    assert!(assert_sound(7, 0, 4) > 1000);
}

/// At 2t = k + c the same search finds sums over fewer than t + 1 - c honest members, and at 2t = k + c - 1 second sums.
#[test]
fn the_bound_is_sharp() {
    for (members, colluders, threshold) in [(6, 1, 3), (7, 2, 4), (6, 3, 4), (7, 4, 5)] {
        let rules = Rules { members, colluders, threshold };
        assert_eq!(2 * threshold, members - 1 + colluders);
        let found = search(rules);
        assert!(found.small_sums > 0 && found.second_sums == 0, "{rules:?}: {found:?}");
    }
    let found = search(Rules { members: 7, colluders: 3, threshold: 4 });
    assert!(found.small_sums > 0 && found.second_sums > 0, "{found:?}");
}

/// The rules above are those of the real clients, for chains of two sets as well: what is accepted, what is refused, and how many
/// acknowledgements the last question needs.
#[test]
fn real_clients_keep_to_the_rules() {
    let rules = Rules { members: 6, colluders: 0, threshold: 3 };
    let mut simulation = Simulation::<5>::ready(&Setting::complete(6, 3), "nested");
    simulation.begin(None).unwrap();
    let all: Vec<usize> = (0..6).collect();
    let mut attacker = Attacker::new(&simulation, &[]);
    for member in 0..6 {
        attacker.begin(&mut simulation, member, &all, [1; 32]).unwrap();
    }
    let list = |set: Set| -> Vec<usize> { (0..6).filter(|&member| has(set, member)).collect() };
    let states: Vec<Vec<u8>> = simulation.clients.iter().map(saved).collect();
    for client in [0, 3] {
        let acceptable = rules.last_sets(client);
        for first in 0..rules.everyone() {
            simulation.clients[client] = simulation.restored(client, &states[client]).unwrap();
            let told = attacker.tell(&mut simulation, client, 1, &all, &list(first));
            assert_eq!(told.is_ok(), acceptable.contains(&first), "{first:06b}");
            if told.is_err() {
                continue;
            }
            let after_first = saved(&simulation.clients[client]);
            for second in 0..=rules.everyone() {
                simulation.clients[client] = simulation.restored(client, &after_first).unwrap();
                let told = attacker.tell(&mut simulation, client, 2, &list(first), &list(second));
                let nested = second & !first == 0 && second != first;
                assert_eq!(told.is_ok(), nested && acceptable.contains(&second), "{first:06b} {second:06b}");
            }
        }
    }
    // Acknowledgements of every set by whoever may give one; each client then answers with three of them and not with two.
    let mut tags = Attacker::new(&simulation, &[]);
    for member in 0..6 {
        tags.begin_as(&attacker, member);
        for set in rules.last_sets(member).into_iter().filter(|&set| set != rules.everyone()) {
            let mut twin = simulation.restored(member, &states[member]).unwrap();
            tags.tell_twin(&mut simulation, &mut twin, member, &all, &list(set)).unwrap();
        }
    }
    for client in [0, 3] {
        for set in rules.last_sets(client).into_iter().filter(|&set| set != rules.everyone()) {
            let others: Vec<usize> = list(set).into_iter().filter(|&other| other != client).collect();
            for givers in 0..1_u32 << others.len() {
                simulation.clients[client] = simulation.restored(client, &states[client]).unwrap();
                let mut given = Attacker::new(&simulation, &[]);
                (0..6).for_each(|member| given.begin_as(&attacker, member));
                given.tell(&mut simulation, client, 1, &all, &list(set)).unwrap();
                let giver = |other: &usize| {
                    others.iter().position(|one| one == other).is_some_and(|place| givers >> place & 1 == 1)
                };
                given.take_acknowledgements_of(&tags, giver);
                let asked = given.ask(&mut simulation, client, &list(set));
                match givers.count_ones() {
                    0..3 => assert_eq!(asked.unwrap_err().kind(), ErrorKind::TooFewAcknowledgements),
                    _ => asked.unwrap(),
                }
            }
        }
    }
}
