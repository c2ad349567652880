//! A server that tells every client what it likes, keeps whatever comes back and opens whatever can be opened with it.

use std::collections::{BTreeMap, BTreeSet};

use cloakwork_core::mask::{Seed, StreamLabel, add_masks};
use cloakwork_core::prg::{Sign, StreamKey};
use cloakwork_core::ring::{Lane, lane_bytes, unpack};
use cloakwork_core::secagg::Client;
use cloakwork_core::sharing::shamir::Weights;
use cloakwork_core::{Result, kdf, secagg::Kind};

use hkdf::Hkdf;
use sha2::Sha256;

use super::cbor::{BODY, EPOCH, Item, RUN, item, items};
use super::simulation::{Simulation, respond, saved};

/// What a malicious server and its colluders hold of one round.
pub struct Attacker {
    threshold: usize,
    neighbours: Vec<Vec<usize>>,
    /// Head of every message of the round: run hash, epoch, round.
    head: Vec<Item>,
    colluders: BTreeSet<usize>,
    masked: BTreeMap<usize, Masked>,
    /// Round mask keys by who gave them and whom they concern.
    mask_keys: BTreeMap<(usize, usize), Vec<u8>>,
    /// Acknowledgements by set, sender and receiver.
    acknowledgements: BTreeMap<(Vec<usize>, usize, usize), Vec<u8>>,
    /// Shares by owner and holder.
    shares: BTreeMap<usize, BTreeMap<usize, [u8; 32]>>,
}

struct Masked {
    h: Vec<u8>,
    participants: Vec<usize>,
    salt: Vec<u8>,
    /// Encrypted shares by receiver.
    sealed: BTreeMap<usize, Vec<u8>>,
    payload: Vec<u8>,
}

/// A sum that was opened: over whom, and what it is, by segment.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    pub members: Vec<usize>,
    pub sums: Vec<Vec<u128>>,
}

impl Attacker {
    pub fn new<const K: usize>(simulation: &Simulation<K>, colluders: &[usize]) -> Self {
        Self {
            threshold: simulation.run.config().threshold as usize,
            neighbours: (0..simulation.members()).map(|member| simulation.neighbours(member)).collect(),
            head: Vec::new(),
            colluders: colluders.iter().copied().collect(),
            masked: BTreeMap::new(),
            mask_keys: BTreeMap::new(),
            acknowledgements: BTreeMap::new(),
            shares: BTreeMap::new(),
        }
    }

    fn around(&self, member: usize, set: &[usize]) -> Vec<usize> {
        self.neighbours[member].iter().copied().filter(|other| set.contains(other)).collect()
    }

    /// Begins a round with one member over the participants and the context that it is told, and keeps its contribution.
    pub fn begin<const K: usize>(
        &mut self,
        simulation: &mut Simulation<K>,
        member: usize,
        participants: &[usize],
        context: [u8; 32],
    ) -> Result<()> {
        let due = simulation.server.message(simulation.id(member)).unwrap();
        let begin = due.unwrap_or_else(|| simulation.due(0).unwrap());
        let set = Item::Bytes(simulation.bitmap(participants));
        let body = [item(&begin, BODY), set, Item::Bytes(context.to_vec())];
        self.head = vec![item(&begin, RUN), item(&begin, EPOCH), item(&begin, BODY)];
        let message =
            Item::Array([vec![Item::Number(Kind::Begin as u64)], self.head[..2].to_vec(), body.to_vec()].concat());
        let honest = core::mem::replace(&mut simulation.context, context);
        let masked = simulation.answer(member, &message.encode());
        simulation.context = honest;
        let masked = masked?.unwrap();
        let sealed = item(&masked, BODY + 3).bytes().chunks(48).map(<[u8]>::to_vec).collect::<Vec<_>>();
        let entry = Masked {
            h: item(&masked, BODY + 1).bytes().to_vec(),
            participants: participants.to_vec(),
            salt: item(&masked, BODY + 2).bytes().to_vec(),
            sealed: self.around(member, participants).into_iter().zip(sealed).collect(),
            payload: item(&masked, BODY + 4).bytes().to_vec(),
        };
        self.masked.insert(member, entry);
        Ok(())
    }

    fn message(&self, kind: Kind, member: usize, body: Vec<Item>) -> Vec<u8> {
        let h = Item::Bytes(self.masked[&member].h.clone());
        Item::Array([vec![Item::Number(kind as u64)], self.head.clone(), vec![h], body].concat()).encode()
    }

    /// Tells a client a surviving set after another one, and keeps its mask keys and acknowledgements.
    pub fn tell<const K: usize>(
        &mut self,
        simulation: &mut Simulation<K>,
        member: usize,
        pass: u64,
        previous: &[usize],
        next: &[usize],
    ) -> Result<()> {
        let message = self.survivors(simulation, member, pass, previous, next);
        let answer = respond(&mut simulation.clients[member], &message, &mut simulation.rng)?.unwrap();
        self.keep_answer(member, previous, next, &answer);
        Ok(())
    }

    /// The same with a client in another state of this member: a colluder, or one that is rolled back.
    pub fn tell_twin<const K: usize>(
        &mut self,
        simulation: &mut Simulation<K>,
        twin: &mut Client<K>,
        member: usize,
        previous: &[usize],
        next: &[usize],
    ) -> Result<()> {
        let message = self.survivors(simulation, member, 1, previous, next);
        let answer = respond(twin, &message, &mut simulation.rng)?.unwrap();
        self.keep_answer(member, previous, next, &answer);
        Ok(())
    }

    fn survivors<const K: usize>(
        &self,
        simulation: &Simulation<K>,
        member: usize,
        pass: u64,
        previous: &[usize],
        next: &[usize],
    ) -> Vec<u8> {
        let sets = [previous, next].map(|set| Item::Bytes(simulation.bitmap(set)));
        self.message(Kind::Survivors, member, [vec![Item::Number(pass)], sets.to_vec()].concat())
    }

    fn keep_answer(&mut self, member: usize, previous: &[usize], next: &[usize], answer: &[u8]) {
        let left = self.around(member, previous).into_iter().filter(|other| !next.contains(other));
        for (other, key) in left.zip(item(answer, BODY + 3).bytes().chunks(32)) {
            self.mask_keys.insert((member, other), key.to_vec());
        }
        for (receiver, tag) in self.around(member, next).into_iter().zip(item(answer, BODY + 4).bytes().chunks(16)) {
            self.acknowledgements.insert((next.to_vec(), member, receiver), tag.to_vec());
        }
    }

    /// Asks a client to open a set, with every acknowledgement of it that is there, and keeps its shares.
    pub fn ask<const K: usize>(&mut self, simulation: &mut Simulation<K>, member: usize, set: &[usize]) -> Result<()> {
        let message = self.open(simulation, member, set);
        let answer = respond(&mut simulation.clients[member], &message, &mut simulation.rng)?.unwrap();
        self.keep_shares(member, set, &answer);
        Ok(())
    }

    pub fn open<const K: usize>(&self, simulation: &Simulation<K>, member: usize, set: &[usize]) -> Vec<u8> {
        let others = self.around(member, set);
        let whole = *set == self.masked[&member].participants[..];
        let sealed = others.iter().flat_map(|other| {
            let share = self
                .masked
                .get(other)
                .and_then(|masked| Some([&masked.salt[..], masked.sealed.get(&member)?].concat()));
            share.unwrap_or_else(|| vec![0; 64])
        });
        let known = |other: &usize| self.acknowledgements.get(&(set.to_vec(), *other, member));
        let tags = others.iter().flat_map(|other| known(other).cloned().unwrap_or_else(|| vec![0; 16]));
        let tags = if whole { Vec::new() } else { tags.collect() };
        let body = vec![Item::Bytes(simulation.bitmap(set)), Item::Bytes(sealed.collect()), Item::Bytes(tags)];
        self.message(Kind::Open, member, body)
    }

    fn keep_shares(&mut self, member: usize, set: &[usize], answer: &[u8]) {
        let bits = item(answer, BODY + 3).bytes().to_vec();
        let owners = self.around(member, set);
        let decrypted = owners.into_iter().enumerate().filter(|(place, _)| bits[place / 8] >> (place % 8) & 1 == 1);
        for ((_, owner), share) in decrypted.zip(item(answer, BODY + 4).bytes().chunks(32)) {
            self.shares.entry(owner).or_default().insert(member, share.try_into().unwrap());
        }
    }

    /// Colluders hand over what they know: their shares, the mask keys that they have with others, and acknowledgements of these sets. They hold the
    /// pair keys, so no rule of the client binds them.
    pub fn collude<const K: usize>(&mut self, simulation: &mut Simulation<K>, sets: &[Vec<usize>]) {
        for member in self.colluders.clone() {
            let Masked { h, participants, .. } = &self.masked[&member];
            let (h, participants) = (h.clone(), participants.clone());
            let open = self.open(simulation, member, &participants);
            let mut twin = simulation.twin(member);
            let answer = respond(&mut twin, &open, &mut simulation.rng).unwrap().unwrap();
            self.keep_shares(member, &participants, &answer);
            let round = self.head[2].number().to_le_bytes();
            let own = simulation.id(member).to_le_bytes();
            for (other, pair) in pair_keys(simulation, member) {
                if !participants.contains(&other) {
                    continue;
                }
                let key = expand::<32>(&pair, "mask", &[&round, &h]);
                self.mask_keys.insert((member, other), key.to_vec());
                self.mask_keys.insert((other, member), key.to_vec());
                for set in sets.iter().filter(|set| set.contains(&member) && set.contains(&other)) {
                    let set_hash = kdf::hash("set", &[simulation.run.hash(), &simulation.bitmap(set)]);
                    let to = simulation.id(other).to_le_bytes();
                    let tag = expand::<16>(&pair, "acknowledge", &[&own, &to, &round, &h, &set_hash]);
                    self.acknowledgements.insert((set.clone(), member, other), tag.to_vec());
                }
            }
        }
    }

    /// Knows what another one knows of a contribution.
    pub fn begin_as(&mut self, other: &Self, member: usize) {
        let Masked { h, participants, salt, sealed, payload } = &other.masked[&member];
        let (h, participants, salt, sealed, payload) =
            (h.clone(), participants.clone(), salt.clone(), sealed.clone(), payload.clone());
        self.head = other.head.clone();
        self.masked.insert(member, Masked { h, participants, salt, sealed, payload });
    }

    pub fn take_acknowledgements(&mut self, other: &Self) {
        self.take_acknowledgements_of(other, |_| true);
    }

    /// Takes over what some senders acknowledged.
    pub fn take_acknowledgements_of(&mut self, other: &Self, holds: impl Fn(&usize) -> bool) {
        let taken = other.acknowledgements.iter().filter(|((_, sender, _), _)| holds(sender));
        self.acknowledgements.extend(taken.map(|(key, tag)| (key.clone(), tag.clone())));
    }

    /// Adds mask keys and shares of another round to its own.
    pub fn take_everything(&mut self, other: &Self) {
        self.take_acknowledgements(other);
        self.mask_keys.extend(other.mask_keys.clone());
        self.shares.extend(other.shares.clone());
    }

    pub fn acknowledgements_given(&self) -> Vec<Vec<u8>> {
        self.acknowledgements.values().cloned().collect()
    }

    pub fn acknowledgements_by(&self, member: usize) -> Vec<Vec<u8>> {
        let by = self.acknowledgements.iter().filter(|((_, sender, _), _)| *sender == member);
        by.map(|(_, tag)| tag.clone()).collect()
    }

    /// Salts and encrypted shares for a receiver, as `open` lists them.
    pub fn sealed_for(&self, member: usize, set: &[usize]) -> Vec<u8> {
        let item = |other: &usize| [&self.masked[other].salt[..], &self.masked[other].sealed[&member]].concat();
        self.around(member, set).iter().flat_map(item).collect()
    }

    /// Who gave a share of a member's seed.
    pub fn holders(&self, owner: usize) -> usize {
        self.shares.get(&owner).map_or(0, BTreeMap::len)
    }

    /// Whether one member gave both its mask key with another and a share of the other's seed.
    pub fn has_both(&self, member: usize, other: usize) -> bool {
        let share = self.shares.get(&other).is_some_and(|holders| holders.contains_key(&member));
        share && self.mask_keys.contains_key(&(member, other))
    }

    /// Every sum over honest members that can be computed, and that its zero coordinates confirm (threat-model.md section 3: the open components).
    pub fn opened<const K: usize>(&self, simulation: &Simulation<K>) -> Vec<Opened> {
        let mut left: BTreeSet<usize> = self.masked.keys().copied().filter(|u| !self.colluders.contains(u)).collect();
        let mut found = Vec::new();
        while let Some(first) = left.pop_first() {
            let mut component = BTreeSet::from([first]);
            let mut waiting = vec![first];
            while let Some(u) = waiting.pop() {
                let joined: Vec<usize> = left.iter().copied().filter(|&v| self.is_masked_with(u, v)).collect();
                for v in joined {
                    left.remove(&v);
                    component.insert(v);
                    waiting.push(v);
                }
            }
            let members: Vec<usize> = component.into_iter().collect();
            if members.iter().all(|&u| self.holders(u) >= self.threshold) {
                found.extend(self.sums(simulation, &members).map(|sums| Opened { members, sums }));
            }
        }
        found
    }

    /// Two neighbours share a mask that the server does not know.
    fn is_masked_with(&self, u: usize, v: usize) -> bool {
        let neighbours = self.masked[&u].sealed.contains_key(&v) && self.masked[&v].sealed.contains_key(&u);
        let same = self.masked[&u].h == self.masked[&v].h;
        let known = self.mask_keys.contains_key(&(u, v)) || self.mask_keys.contains_key(&(v, u));
        neighbours && same && !known
    }

    /// The sums over a component, if every mask with members outside is known and the zeros come out.
    fn sums<const K: usize>(&self, simulation: &Simulation<K>, members: &[usize]) -> Option<Vec<Vec<u128>>> {
        let mut seeds: Vec<(Sign, Seed)> = Vec::new();
        for &u in members {
            let holders = self.shares.get(&u)?.iter().take(self.threshold);
            let (indices, shares): (Vec<u32>, Vec<&[u8; 32]>) =
                holders.map(|(holder, share)| (*holder as u32 + 1, share)).unzip();
            seeds.push((Sign::Minus, Weights::new(&indices).unwrap().reconstruct(&shares).unwrap()));
            for &v in self.masked[&u].sealed.keys() {
                let inside = members.contains(&v) && self.masked[&v].h == self.masked[&u].h;
                if inside {
                    continue;
                }
                let mirrored = self.masked.get(&v).is_some_and(|masked| masked.h == self.masked[&u].h);
                let key = self.mask_keys.get(&(u, v)).or_else(|| self.mask_keys.get(&(v, u)).filter(|_| mirrored))?;
                let sign = if v < u { Sign::Minus } else { Sign::Plus };
                seeds.push((sign, Seed::from_bytes(key.as_slice().try_into().unwrap())));
            }
        }
        let segments = simulation.run.config().segments.iter().enumerate();
        segments
            .map(|(index, segment)| {
                let label = StreamLabel {
                    suite: simulation.run.config().suite,
                    index: index as u8,
                    label: segment.label(),
                    bits: segment.bits(),
                    length: segment.length(),
                };
                let keys: Vec<(Sign, StreamKey)> =
                    seeds.iter().map(|(sign, seed)| (*sign, seed.stream_key(&label))).collect();
                let offset = simulation.run.payload_offset(index) as usize;
                let range = offset..offset + segment.packed_size() as usize;
                let payloads: Vec<&[u8]> = members.iter().map(|u| &self.masked[u].payload[range.clone()]).collect();
                let total = segment.total() as usize;
                let mut sum = match lane_bytes(segment.bits()) {
                    4 => unmasked::<u32>(&label, total, &payloads, &keys),
                    8 => unmasked::<u64>(&label, total, &payloads, &keys),
                    _ => unmasked::<u128>(&label, total, &payloads, &keys),
                };
                let zeros = sum.split_off(segment.length() as usize);
                zeros.iter().all(|&zero| zero == 0).then_some(sum)
            })
            .collect()
    }
}

/// The pair keys of a member by neighbour, from its saved state: what a colluder has.
fn pair_keys<const K: usize>(simulation: &Simulation<K>, member: usize) -> Vec<(usize, [u8; 32])> {
    let state = saved(&simulation.clients[member]);
    let (last, _) = items(&state).pop().unwrap();
    let entries = last.bytes().chunks_exact(33);
    let neighbours = simulation.neighbours(member);
    assert_eq!(entries.len(), neighbours.len());
    neighbours.into_iter().zip(entries.map(|entry| entry[..32].try_into().unwrap())).collect()
}

/// `Expand` of protocol.md section 1.
fn expand<const N: usize>(key: &[u8; 32], label: &str, parts: &[&[u8]]) -> [u8; N] {
    let label = format!("cloakwork/1 {label}");
    let mut info = Vec::new();
    for part in [&[label.as_bytes()], parts].concat() {
        info.extend_from_slice(&(part.len() as u32).to_le_bytes());
        info.extend_from_slice(part);
    }
    let mut out = [0; N];
    Hkdf::<Sha256>::from_prk(key).unwrap().expand(&info, &mut out).unwrap();
    out
}

fn unmasked<L: Lane>(
    label: &StreamLabel<'_>,
    total: usize,
    payloads: &[&[u8]],
    keys: &[(Sign, StreamKey)],
) -> Vec<u128> {
    let mut sum = vec![L::default(); total];
    for payload in payloads {
        let mut lanes = vec![L::default(); total];
        unpack(label.bits, payload, &mut lanes).unwrap();
        for (sum, lane) in sum.iter_mut().zip(lanes) {
            *sum = sum.wrapping_add(lane);
        }
    }
    add_masks(label.suite, keys.iter().map(|(sign, key)| (*sign, key)), 0, &mut sum).unwrap();
    sum.iter().map(|lane| lane.reduce(label.bits).to_u128()).collect()
}
