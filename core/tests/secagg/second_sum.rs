//! An exhaustive search over what a malicious server can tell its clients in one round, for up to five members on the complete graph.
//!
//! What a client gives away for each chain of surviving sets is taken from the real state machine, and so is the rule when it answers the last question. The
//! search then combines every behaviour of every honest client, keeps to acknowledgements that were really given, and computes by linear algebra which combinations of
//! inputs the server knows. With 2t > k + c there is at most one, the plain sum over at least t + 1 - c honest members (threat-model.md, the
//! theorem). When acknowledgements can be forged, or 2t <= k + c, the same search finds two.

use std::collections::BTreeMap;

use crate::support::cbor::{BODY, EPOCH, Item, KIND, RUN, item};
use crate::support::random::Generator;
use crate::support::setting::Setting;
use crate::support::simulation::{Simulation, respond};
use cloakwork_core::secagg::Kind;

/// A set of members: bit i is position i.
type Set = u8;

/// What one client was told: nested surviving sets, from large to small, without the participants themselves.
type Chain = Vec<Set>;

/// The rules of a run: n members, c of whom, the first ones, collude; threshold t.
#[derive(Clone, Copy, Debug)]
struct Rules {
    members: usize,
    colluders: usize,
    threshold: usize,
}

impl Rules {
    const fn everyone(self) -> Set {
        (1 << self.members) - 1
    }

    const fn colluding(self) -> Set {
        (1 << self.colluders) - 1
    }

    fn honest(self) -> impl Iterator<Item = usize> {
        self.colluders..self.members
    }

    /// The bound under which the theorem holds.
    const fn sound(self) -> bool {
        2 * self.threshold > self.members - 1 + self.colluders
    }

    /// Whether a client may accept a set, by protocol.md section 7.
    fn acceptable(self, client: usize, set: Set) -> bool {
        has(set, client) && set.count_ones() as usize > self.threshold
    }

    /// Every chain that a client may be told.
    fn chains(self, client: usize) -> Vec<Chain> {
        let mut chains = vec![Vec::new()];
        let mut at = 0;
        while at < chains.len() {
            let last = last(self, &chains[at]);
            for set in (1..last).filter(|set| set & last == *set && self.acceptable(client, *set)) {
                let mut longer = chains[at].clone();
                longer.push(set);
                chains.push(longer);
            }
            at += 1;
        }
        chains
    }
}

const fn has(set: Set, member: usize) -> bool {
    set >> member & 1 == 1
}

fn last(rules: Rules, chain: &[Set]) -> Set {
    chain.last().copied().unwrap_or(rules.everyone())
}

/// One client's part: its last set, the sets it acknowledged, and whether it gave its shares.
#[derive(Clone, Debug)]
struct Behaviour {
    chain: Chain,
    last: Set,
    answers: bool,
}

/// What every honest client can be made to do.
fn behaviours(rules: Rules) -> Vec<Vec<Behaviour>> {
    let of = |client| {
        let both = |chain: Chain| {
            [false, true].map(|answers| Behaviour { last: last(rules, &chain), chain: chain.clone(), answers })
        };
        rules.chains(client).into_iter().flat_map(both).collect()
    };
    rules.honest().map(of).collect()
}

/// Searches all combinations; returns the first that opens what it must not, with the sums it opens.
fn search(rules: Rules, forged: bool) -> Option<(Vec<Behaviour>, Vec<Vec<i64>>)> {
    let lists = behaviours(rules);
    let mut choice = vec![0; lists.len()];
    loop {
        let chosen: Vec<&Behaviour> = choice.iter().zip(&lists).map(|(&index, list)| &list[index]).collect();
        if forged || acknowledged(rules, &chosen) {
            let sums = opened(rules, &chosen);
            let least = (rules.threshold + 1).saturating_sub(rules.colluders);
            let plain =
                |sum: &Vec<i64>| sum.iter().all(|&x| x == 0 || x == 1) && sum.iter().sum::<i64>() as usize >= least;
            if sums.len() > 1 || !sums.iter().all(plain) {
                return Some((chosen.into_iter().cloned().collect(), sums));
            }
        }
        let place = (0..choice.len()).find(|&place| choice[place] + 1 < lists[place].len())?;
        choice[place] += 1;
        choice[..place].fill(0);
    }
}

/// Whether every client that answered for a smaller set than the participants had t acknowledgements of it: from colluders in the set, and from
/// honest clients that were told it.
fn acknowledged(rules: Rules, chosen: &[&Behaviour]) -> bool {
    let gave = |set: Set| {
        let honest = chosen.iter().filter(|behaviour| behaviour.chain.contains(&set)).count();
        honest + (set & rules.colluding()).count_ones() as usize
    };
    let asked = chosen.iter().filter(|behaviour| behaviour.answers && behaviour.last != rules.everyone());
    // The client itself acknowledged its last set too; its own does not count.
    asked.into_iter().all(|behaviour| gave(behaviour.last) > rules.threshold)
}

/// A basis of the combinations of honest inputs that the server can compute, in reduced row echelon form.
///
/// y_u = x_u + PRG(b_u) + sum of +-PRG(s_uv). Unknown are b_u with fewer than t known shares, and s_uv that neither side gave away. A combination of the y in which all
/// unknowns cancel is known; nothing else is.
fn opened(rules: Rules, chosen: &[&Behaviour]) -> Vec<Vec<i64>> {
    let count = chosen.len();
    let position = |index: usize| rules.colluders + index;
    let mut unknowns: Vec<Vec<i64>> = Vec::new();
    for u in 0..count {
        let givers = chosen
            .iter()
            .enumerate()
            .filter(|(w, behaviour)| *w != u && behaviour.answers && has(behaviour.last, position(u)));
        if givers.count() + rules.colluders < rules.threshold {
            unknowns.push((0..count).map(|other| i64::from(other == u)).collect());
        }
        for v in u + 1..count {
            if has(chosen[u].last, position(v)) && has(chosen[v].last, position(u)) {
                let sign = |other| if other == u { -1 } else { i64::from(other == v) };
                unknowns.push((0..count).map(sign).collect());
            }
        }
    }
    kernel(unknowns, count)
}

/// A basis of the vectors that are orthogonal to all rows. The rows are of a graph's incidence matrix and unit vectors, so that every
/// pivot is 1 or -1 and the arithmetic stays in integers.
fn kernel(mut rows: Vec<Vec<i64>>, columns: usize) -> Vec<Vec<i64>> {
    let mut pivots = Vec::new();
    for column in 0..columns {
        let rank = pivots.len();
        let Some(found) = (rank..rows.len()).find(|&row| rows[row][column] != 0) else { continue };
        rows.swap(rank, found);
        let scale = rows[rank][column];
        assert_eq!(scale.abs(), 1, "a totally unimodular matrix");
        rows[rank].iter_mut().for_each(|x| *x *= scale);
        let pivot = rows[rank].clone();
        for (index, row) in rows.iter_mut().enumerate() {
            let factor = row[column];
            if index != rank && factor != 0 {
                row.iter_mut().zip(&pivot).for_each(|(x, p)| *x -= factor * p);
            }
        }
        pivots.push(column);
    }
    let free = (0..columns).filter(|column| !pivots.contains(column));
    free.map(|free| {
        let mut vector = vec![0; columns];
        vector[free] = 1;
        for (row, &pivot) in rows.iter().zip(&pivots) {
            vector[pivot] = -row[free];
        }
        vector
    })
    .collect()
}

/// Every run for up to five members that the protocol allows.
fn sound_rules() -> Vec<Rules> {
    let mut found = Vec::new();
    for members in 3..=5 {
        for colluders in 0..=1 {
            let thresholds = 1..members;
            let all = thresholds.map(|threshold| Rules { members, colluders, threshold });
            found.extend(all.filter(|rules| rules.sound()));
        }
    }
    found
}

#[test]
fn no_second_sum_opens_when_2t_exceeds_k_plus_c() {
    let all = sound_rules();
    assert_eq!(all.len(), 9);
    for rules in all {
        let found = search(rules, false);
        assert!(found.is_none(), "{rules:?}: {found:?}");
    }
}

#[test]
fn a_sum_opens_at_all() {
    for rules in sound_rules() {
        let behaviour = |_| Behaviour { chain: Vec::new(), last: rules.everyone(), answers: true };
        let chosen: Vec<Behaviour> = rules.honest().map(behaviour).collect();
        let sums = opened(rules, &chosen.iter().collect::<Vec<_>>());
        assert_eq!(sums, [vec![1; rules.members - rules.colluders]]);
    }
}

#[test]
fn a_second_sum_opens_when_acknowledgements_can_be_forged() {
    let found: Vec<(Rules, usize)> = sound_rules()
        .into_iter()
        .filter_map(|rules| search(rules, true).map(|(_, sums)| (rules, sums.len())))
        .collect();
    assert!(!found.is_empty(), "the acknowledgements are what forbids it");
}

#[test]
fn a_second_sum_opens_when_2t_is_too_small() {
    for (members, colluders, threshold) in [(3, 0, 1), (4, 0, 1), (4, 1, 2), (5, 1, 2)] {
        let rules = Rules { members, colluders, threshold };
        assert!(!rules.sound());
        assert!(search(rules, false).is_some(), "{rules:?}");
    }
}

/// The rules that the search combines are those of the real state machine: which sets it accepts, which mask keys it hands out, when it answers, for whom it gives shares.
#[test]
fn the_state_machine_keeps_to_the_rules_of_the_search() {
    for rules in sound_rules() {
        let mut group = Group::of(rules);
        for client in 0..rules.members {
            let legal = rules.chains(client);
            group.check_refusals(client, &legal);
            for chain in legal {
                group.check_chain(client, &chain);
            }
        }
    }
}

/// A run whose clients have all sent their masked message.
struct Group {
    rules: Rules,
    simulation: Simulation<8>,
    rng: Generator,
    /// h of the round.
    h: Vec<u8>,
    round: u64,
    /// The salt and the encrypted shares of each member, in the order of its neighbours.
    sealed: Vec<Vec<Vec<u8>>>,
    /// Acknowledgements of a set by a member that may accept it, by receiver.
    acknowledgements: BTreeMap<(Set, usize), BTreeMap<usize, Vec<u8>>>,
}

impl Group {
    fn of(rules: Rules) -> Self {
        let mut setting = Setting::complete(rules.members as u32, rules.threshold as u32);
        setting.colluders = rules.colluders as u32;
        setting.max_passes = 8;
        let mut simulation = Simulation::<8>::ready(&setting, &format!("{rules:?}"));
        simulation.begin(None).unwrap();
        let mut group = Self {
            rules,
            rng: Generator::new("answers"),
            h: Vec::new(),
            round: 1,
            sealed: Vec::new(),
            acknowledgements: BTreeMap::new(),
            simulation,
        };
        for client in 0..rules.members {
            let begin = group.simulation.due(client).unwrap();
            let masked = group.simulation.answer(client, &begin).unwrap().unwrap();
            group.h = item(&masked, BODY + 1).bytes().to_vec();
            let salt = item(&masked, BODY + 2).bytes().to_vec();
            let sealed = item(&masked, BODY + 3);
            group.sealed.push(sealed.bytes().chunks(48).map(|share| [&salt[..], share].concat()).collect());
        }
        for set in 1..rules.everyone() {
            for client in (0..rules.members).filter(|&client| rules.acceptable(client, set)) {
                let answer = group.tell(client, &[set]).unwrap();
                let tags = item(&answer, BODY + 4).bytes().to_vec();
                let receivers = group.neighbours(client).filter(|&other| has(set, other));
                let tags = receivers.zip(tags.chunks(16).map(<[u8]>::to_vec)).collect();
                group.acknowledgements.insert((set, client), tags);
            }
        }
        group
    }

    fn neighbours(&self, client: usize) -> impl Iterator<Item = usize> + use<> {
        (0..self.rules.members).filter(move |&other| other != client)
    }

    fn message(&self, kind: Kind, body: Vec<Item>) -> Vec<u8> {
        let begin = self.simulation.server.message(self.simulation.id(0)).unwrap().unwrap();
        let mut items = vec![Item::Number(kind as u64), item(&begin, RUN), item(&begin, EPOCH)];
        assert_eq!(item(&begin, KIND), Item::Number(Kind::Begin as u64));
        items.extend([Item::Number(self.round), Item::Bytes(self.h.clone())]);
        items.extend(body);
        Item::Array(items).encode()
    }

    fn survivors(&self, pass: usize, previous: Set, next: Set) -> Vec<u8> {
        let body = vec![Item::Number(pass as u64), Item::Bytes(vec![previous]), Item::Bytes(vec![next])];
        self.message(Kind::Survivors, body)
    }

    /// Tells a twin of a client a chain; its last acknowledgement, or `None` if it refused.
    fn tell(&mut self, client: usize, chain: &[Set]) -> Option<Vec<u8>> {
        let mut twin = self.simulation.twin(client);
        let mut previous = self.rules.everyone();
        let mut answer = None;
        for (index, &set) in chain.iter().enumerate() {
            let message = self.survivors(index + 1, previous, set);
            answer = Some(respond(&mut twin, &message, &mut self.rng).ok()??);
            previous = set;
        }
        answer
    }

    /// Sets outside the rules are refused: first, and after each legal chain.
    fn check_refusals(&mut self, client: usize, legal: &[Chain]) {
        for chain in legal {
            for set in 0..=self.rules.everyone() {
                let mut longer = chain.clone();
                longer.push(set);
                if !legal.contains(&longer) {
                    assert_eq!(self.tell(client, &longer), None, "{:?} {client} {longer:?}", self.rules);
                }
            }
        }
    }

    /// A legal chain: mask keys for those outside the last set, shares for those inside, and only with t acknowledgements.
    fn check_chain(&mut self, client: usize, chain: &[Set]) {
        let mut twin = self.simulation.twin(client);
        let mut previous = self.rules.everyone();
        let mut keys = 0;
        for (index, &set) in chain.iter().enumerate() {
            let message = self.survivors(index + 1, previous, set);
            let answer = respond(&mut twin, &message, &mut self.rng).unwrap().unwrap();
            keys += item(&answer, BODY + 3).bytes().len() / 32;
            previous = set;
        }
        assert_eq!(keys, (self.rules.everyone() & !previous).count_ones() as usize);
        let state = crate::support::simulation::saved(&twin);
        let others: Vec<usize> = self.neighbours(client).filter(|&other| has(previous, other)).collect();
        for givers in 0..1u32 << others.len() {
            let mut twin = self.simulation.restored(client, &state).unwrap();
            let answered = respond(&mut twin, &self.open(client, previous, &others, givers), &mut self.rng);
            let everyone = previous == self.rules.everyone();
            assert_eq!(answered.is_ok(), everyone || givers.count_ones() as usize >= self.rules.threshold);
            if let Ok(Some(answer)) = answered {
                assert_eq!(item(&answer, BODY + 4).bytes().len() / 32, others.len());
                let again = self.open(client, previous, &others, givers);
                assert!(respond(&mut twin, &again, &mut self.rng).is_err(), "once only");
            }
        }
    }

    /// The question to open `set`, with the acknowledgements of those whose bit is set and garbage from the others.
    fn open(&self, client: usize, set: Set, others: &[usize], givers: u32) -> Vec<u8> {
        let place = |owner: usize| if client < owner { client } else { client - 1 };
        let sealed = others.iter().flat_map(|&owner| self.sealed[owner][place(owner)].clone()).collect();
        let tag = |(index, other): (usize, &usize)| {
            let given = givers >> index & 1 == 1;
            if given { self.acknowledgements[&(set, *other)][&client].clone() } else { vec![0x55; 16] }
        };
        let everyone = set == self.rules.everyone();
        let tags = if everyone { Vec::new() } else { others.iter().enumerate().flat_map(tag).collect() };
        self.message(Kind::Open, vec![Item::Bytes(vec![set]), Item::Bytes(sealed), Item::Bytes(tags)])
    }
}
