//! Protocols side by side.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;
use core::task::Poll;

/// Runs protocols side by side: what they open while all of them wait goes out in the same round.
pub async fn join_all<T, F: Future<Output = T>>(protocols: Vec<F>) -> Vec<T> {
    let mut running: Vec<Running<F>> =
        protocols.into_iter().map(|protocol| Running { future: Box::pin(protocol), output: None }).collect();
    core::future::poll_fn(|context| {
        let mut all = true;
        for one in &mut running {
            if one.output.is_none() {
                match one.future.as_mut().poll(context) {
                    Poll::Ready(output) => one.output = Some(output),
                    Poll::Pending => all = false,
                }
            }
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|one| one.output).collect()
}

/// Runs two protocols side by side, as [`join_all`] does many of one kind.
pub async fn join<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (core::pin::pin!(one), core::pin::pin!(other));
    let (mut first, mut second) = (None, None);
    core::future::poll_fn(move |context| {
        if first.is_none() {
            first = ready(one.as_mut().poll(context));
        }
        if second.is_none() {
            second = ready(other.as_mut().poll(context));
        }
        match (first.take(), second.take()) {
            (Some(one), Some(other)) => Poll::Ready((one, other)),
            unfinished => {
                (first, second) = unfinished;
                Poll::Pending
            }
        }
    })
    .await
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    if let Poll::Ready(output) = poll { Some(output) } else { None }
}

struct Running<F: Future> {
    future: Pin<Box<F>>,
    output: Option<F::Output>,
}
