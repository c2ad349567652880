//! The end of links: all that was queued leaves, and so do last words.

use std::time::{Duration, Instant};

use mio::{Events, Poll};

use crate::error::Result;
use crate::frame::{Kind, reason};
use crate::link::Link;

/// How long the last words may take to leave.
const GOODBYE: Duration = Duration::from_secs(2);

/// Ends links; the others are told why, in at most 200 bytes, if there is something to tell.
pub(crate) fn end(poll: &mut Poll, links: &mut [&mut Link], why: Option<&str>) {
    for link in links.iter_mut() {
        if let Some(why) = why {
            link.queue(Kind::Leave, reason(why));
        }
        link.pump();
    }
    let until = Instant::now() + GOODBYE;
    let mut events = Events::with_capacity(64);
    let mut said = false;
    loop {
        links.iter_mut().for_each(|link| link.pump());
        if !said && links.iter().all(|link| link.is_flushed() || link.is_closed()) {
            links.iter_mut().for_each(|link| link.close());
            said = true;
            continue;
        }
        // A socket that is dropped while something comes takes back what the other side has not read yet.
        let over = |link: &Link| link.is_closed() || (why.is_none() && link.is_flushed());
        let left = until.saturating_duration_since(Instant::now());
        let all = said && links.iter().all(|link| over(link));
        if all || left.is_zero() || wait(poll, &mut events, left).is_err() {
            return;
        }
    }
}

/// Sleeps until something happens at a link, at most so long.
pub(crate) fn wait(poll: &mut Poll, events: &mut Events, limit: Duration) -> Result<()> {
    match poll.poll(events, Some(limit)) {
        Err(error) if error.kind() != std::io::ErrorKind::Interrupted => Err(error.into()),
        _ => Ok(()),
    }
}
