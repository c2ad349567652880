//! A place where a protocol waits for something.

use alloc::rc::Rc;
use core::cell::RefCell;
use core::task::{Poll, Waker};

struct State<T> {
    value: Option<T>,
    waiting: Option<Waker>,
}

/// What one protocol waits for and somebody else puts there. Clones are the same place.
pub(super) struct Place<T>(Rc<RefCell<State<T>>>);

impl<T> Clone for Place<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> Place<T> {
    pub(super) fn new() -> Self {
        Self(Rc::new(RefCell::new(State { value: None, waiting: None })))
    }

    /// Puts it there and wakes who waits.
    pub(super) fn put(&self, value: T) {
        let mut state = self.0.borrow_mut();
        state.value = Some(value);
        if let Some(waiting) = state.waiting.take() {
            waiting.wake();
        }
    }

    /// Takes it, once it is there.
    pub(super) async fn take(&self) -> T {
        core::future::poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            match state.value.take() {
                Some(value) => Poll::Ready(value),
                None => {
                    state.waiting = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}
