//! A value that is there or will be.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;
use core::task::{Poll, Waker};

use super::kind::Kind;
use crate::error::{Error, Result};
use crate::mpc::correlation::Words;

enum State {
    Pending(Vec<Waker>),
    Ready(Rc<Words>),
    Failed(Error),
}

/// A place for a party's shares, with what is known of them beforehand. Clones are the same place.
#[derive(Clone)]
pub(super) struct Slot {
    pub(super) kind: Kind,
    pub(super) length: usize,
    state: Rc<RefCell<State>>,
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slot({:?}, {})", self.kind, self.length)
    }
}

impl Slot {
    pub(super) fn new(kind: Kind, length: usize) -> Self {
        Self { kind, length, state: Rc::new(RefCell::new(State::Pending(Vec::new()))) }
    }

    /// Puts the shares in, or why there are none, and wakes who waits.
    pub(super) fn put(&self, result: Result<Words>) {
        let next = match result {
            Ok(words) => State::Ready(Rc::new(words)),
            Err(error) => State::Failed(error),
        };
        if let State::Pending(waiting) = self.state.replace(next) {
            waiting.into_iter().for_each(Waker::wake);
        }
    }

    /// A number that it has in common with its clones and with no other place that is in use.
    pub(super) fn place(&self) -> usize {
        Rc::as_ptr(&self.state).addr()
    }

    /// The shares, once they are there.
    pub(super) async fn words(&self) -> Result<Rc<Words>> {
        core::future::poll_fn(|context| match &mut *self.state.borrow_mut() {
            State::Ready(words) => Poll::Ready(Ok(Rc::clone(words))),
            State::Failed(error) => Poll::Ready(Err(*error)),
            State::Pending(waiting) => {
                waiting.push(context.waker().clone());
                Poll::Pending
            }
        })
        .await
    }

    /// The shares, if they are there.
    pub(super) fn peek(&self) -> Option<Result<Rc<Words>>> {
        match &*self.state.borrow() {
            State::Ready(words) => Some(Ok(Rc::clone(words))),
            State::Failed(error) => Some(Err(*error)),
            State::Pending(_) => None,
        }
    }
}
