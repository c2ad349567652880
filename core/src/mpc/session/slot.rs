//! A value that is there or will be.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;
use core::task::{Poll, Waker};

use super::kind::Kind;
use crate::error::{Error, Result};
use crate::mpc::correlation::Words;

enum State<T> {
    Pending(Vec<Waker>),
    Ready(Rc<T>),
    Failed(Error),
}

/// A place for a party's shares, with what is known of them beforehand. Clones are the same place.
pub(super) struct Slot<T = Words> {
    pub(super) kind: Kind,
    pub(super) length: usize,
    state: Rc<RefCell<State<T>>>,
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self { kind: self.kind, length: self.length, state: Rc::clone(&self.state) }
    }
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slot({:?}, {})", self.kind, self.length)
    }
}

impl<T> Slot<T> {
    pub(super) fn new(kind: Kind, length: usize) -> Self {
        Self { kind, length, state: Rc::new(RefCell::new(State::Pending(Vec::new()))) }
    }

    /// Puts the shares in, or why there are none, and wakes who waits.
    pub(super) fn put(&self, result: Result<T>) {
        let next = match result {
            Ok(shares) => State::Ready(Rc::new(shares)),
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
    pub(super) async fn shares(&self) -> Result<Rc<T>> {
        core::future::poll_fn(|context| match &mut *self.state.borrow_mut() {
            State::Ready(shares) => Poll::Ready(Ok(Rc::clone(shares))),
            State::Failed(error) => Poll::Ready(Err(*error)),
            State::Pending(waiting) => {
                // A task that runs many operations asks again whenever one of them goes on.
                if !waiting.last().is_some_and(|last| last.will_wake(context.waker())) {
                    waiting.push(context.waker().clone());
                }
                Poll::Pending
            }
        })
        .await
    }

    /// The shares, if they are there.
    pub(super) fn peek(&self) -> Option<Result<Rc<T>>> {
        match &*self.state.borrow() {
            State::Ready(shares) => Some(Ok(Rc::clone(shares))),
            State::Failed(error) => Some(Err(*error)),
            State::Pending(_) => None,
        }
    }
}
