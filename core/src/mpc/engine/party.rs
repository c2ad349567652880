//! A party as its protocols see it.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

use super::exchange::{Content, Exchange, Incoming, Outgoing};
use super::place::Place;
use crate::error::Result;
use crate::mpc::correlation::{Correlation, Material};
use crate::mpc::dealer::Preprocessing;

/// Rooms that are kept: what a comparison opens at a time, and one more.
const MOST_ROOMS: usize = 4;

/// What was sent and used so far, for comparison with what a program should cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Messages to each other party.
    pub rounds: u64,
    /// Bytes to that other party which got most, without heads.
    pub bytes: u64,
    /// Words of corrections that the dealer sent to the corrected party, or would have.
    pub corrections: u64,
}

pub(super) struct Shared {
    index: usize,
    parties: usize,
    pub(super) state: RefCell<State>,
}

/// What protocols want.
pub(super) struct State {
    draws: Draws,
    pub(super) wanted: Vec<Exchange>,
    /// Room of values that were opened and are not needed any more: they were no secret.
    rooms: Vec<Vec<u64>>,
    pub(super) cost: Cost,
}

/// Correlations on their way from preprocessing to protocols.
///
/// Everything that protocols ask for until all of them wait is handed out together, when it is all there. So in which order they ask, which is what numbers
/// correlations, does not depend on how long a party waits for what.
struct Draws {
    preprocessing: Box<dyn Preprocessing>,
    /// Asked for, in order, since something was handed out.
    asked: Vec<Correlation>,
    places: Vec<Place<Result<Material>>>,
    /// What is there of it.
    found: Vec<Result<Material>>,
    /// Whether preprocessing knows what was asked for.
    announced: bool,
    /// The number of the correlation that preprocessing is asked for next.
    next: u64,
}

/// What became of what protocols asked for.
pub(super) enum Drawn {
    /// Nobody asked.
    Nothing,
    /// It was handed out.
    All,
    /// Some of it has to come from outside.
    Missing,
}

impl Draws {
    fn hand_out(&mut self) -> Drawn {
        if self.asked.is_empty() {
            return Drawn::Nothing;
        }
        if !core::mem::replace(&mut self.announced, true) {
            self.preprocessing.announce(self.next, &self.asked);
        }
        for correlation in self.asked.iter().skip(self.found.len()) {
            let Some(found) = self.preprocessing.draw(self.next, correlation).transpose() else {
                return Drawn::Missing;
            };
            self.next += 1;
            self.found.push(found);
        }
        self.announced = false;
        self.asked.clear();
        for (place, found) in self.places.drain(..).zip(self.found.drain(..)) {
            place.put(found);
        }
        Drawn::All
    }
}

impl State {
    /// Whether all that was handed out is there.
    pub(super) fn is_whole(&self) -> bool {
        self.draws.preprocessing.is_whole()
    }

    /// Hands out what protocols asked for, if all of it is there.
    pub(super) fn hand_out(&mut self) -> Drawn {
        self.draws.hand_out()
    }
}

/// A party as its protocols see it.
#[derive(Clone)]
pub struct Party {
    pub(super) shared: Rc<Shared>,
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Party({} of {})", self.shared.index, self.shared.parties)
    }
}

impl Party {
    pub(super) fn new(index: usize, parties: usize, preprocessing: Box<dyn Preprocessing>) -> Self {
        let draws = Draws {
            preprocessing,
            asked: Vec::new(),
            places: Vec::new(),
            found: Vec::new(),
            announced: false,
            next: 0,
        };
        let state = State { draws, wanted: Vec::new(), rooms: Vec::new(), cost: Cost::default() };
        Self { shared: Rc::new(Shared { index, parties, state: RefCell::new(state) }) }
    }

    /// The place of this party, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.shared.index
    }

    /// The number of parties.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.shared.parties
    }

    /// Whether this party adds what is public.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.shared.index == 0
    }

    /// This party's share of fresh correlated randomness.
    ///
    /// # Errors
    ///
    /// Those of [`Preprocessing::draw`].
    pub async fn draw(&self, correlation: Correlation) -> Result<Material> {
        self.ask(correlation).take().await
    }

    /// The same for several correlations, which are asked for together.
    pub(crate) async fn draw_all(&self, correlations: &[Correlation]) -> Result<Vec<Material>> {
        let places: Vec<Place<Result<Material>>> =
            correlations.iter().map(|correlation| self.ask(*correlation)).collect();
        let mut drawn = Vec::with_capacity(places.len());
        for place in places {
            drawn.push(place.take().await?);
        }
        Ok(drawn)
    }

    fn ask(&self, correlation: Correlation) -> Place<Result<Material>> {
        let mut state = self.shared.state.borrow_mut();
        state.cost.corrections += correlation.layout().dependent() as u64;
        let place = Place::new();
        state.draws.asked.push(correlation);
        state.draws.places.push(place.clone());
        place
    }

    /// An empty vector with room for so many words that are opened. A new one for each round would cost more than what goes into it: the system clears it page by page.
    pub(in crate::mpc) fn room(&self, words: usize) -> Vec<u64> {
        let rooms = &mut self.shared.state.borrow_mut().rooms;
        let place = rooms.iter().position(|room| room.capacity() >= words);
        place.map_or_else(|| Vec::with_capacity(words), |place| rooms.swap_remove(place))
    }

    /// Gives the room of opened values back.
    pub(in crate::mpc) fn give_back(&self, mut room: Vec<u64>) {
        let rooms = &mut self.shared.state.borrow_mut().rooms;
        room.clear();
        if rooms.len() == MOST_ROOMS {
            let smallest = rooms.iter().enumerate().min_by_key(|(_, room)| room.capacity()).map(|(place, _)| place);
            if let Some(smallest) =
                smallest.and_then(|place| rooms.get_mut(place)).filter(|kept| kept.capacity() < room.capacity())
            {
                *smallest = room;
            }
        } else {
            rooms.push(room);
        }
    }

    /// Counts words of corrections that come by another way than [`Party::draw`].
    pub(in crate::mpc) fn count_corrections(&self, words: u64) {
        self.shared.state.borrow_mut().cost.corrections += words;
    }

    /// Sends bytes and waits for those of the others, in the round that comes.
    pub async fn exchange(&self, outgoing: Outgoing, expected: Vec<usize>) -> Incoming {
        self.exchange_content(Content::Other, outgoing, expected).await
    }

    /// As [`Party::exchange`], and says what it is.
    pub(crate) async fn exchange_content(
        &self,
        content: Content,
        outgoing: Outgoing,
        expected: Vec<usize>,
    ) -> Incoming {
        let place = Place::new();
        self.shared.state.borrow_mut().wanted.push(Exchange { content, outgoing, expected, place: place.clone() });
        place.take().await
    }

    /// Sends the same to everybody and gets as many bytes from each.
    pub(crate) async fn broadcast(&self, content: Content, outgoing: Outgoing) -> Incoming {
        let size = outgoing.size(self.index());
        let expected = (0..self.parties()).map(|party| if party == self.index() { 0 } else { size }).collect();
        self.exchange_content(content, outgoing, expected).await
    }
}
