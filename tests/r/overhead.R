# Masks a vector of doubles through client_mask() and through overhead.c, in turns: Rscript overhead.R LIBRARY LENGTH MEMBERS ROUNDS. Prints the
# milliseconds of both, a line for each pair.

library(cloakwork)

arguments <- commandArgs(TRUE)
probe <- dyn.load(arguments[[1L]])
length <- as.numeric(arguments[[2L]])
count <- as.numeric(arguments[[3L]])
people <- stats::setNames(lapply(seq_len(count), function(i) identity_generate()), paste0("p", seq_len(count)))
run <- cw_run(run_config(segment("values", length, 40, 20), max_rounds = 100000), people)
clients <- stats::setNames(lapply(people, function(one) cw_client(run, one)), run$ids)
server <- cw_server(run)
epoch <- server_invite(server)
cloakwork:::play(server, clients, function(id, message) client_answer(clients[[id]], message))
values <- (seq_len(length) - 1) %% 1000 / 8 - 60
client <- clients[["1"]]
clock <- getNativeSymbolInfo("probe_clock", probe)
direct <- getNativeSymbolInfo("probe_mask", probe)

# A round for the client, up to its masked vector. The collection, which is R's alone, comes before both: it frees the last message, and takes what is
# in the processor's caches away from both.
begin <- function() {
  server_begin(server)
  client_answer(client, server_message(server, "1"))
  invisible(gc(FALSE))
}

# Where a message falls in memory decides a few percent: before each there is something of another size.
elsewhere <- function() raw(16 * sample.int(16384L, 1L))

through_c <- function() {
  begin()
  before <- elsewhere()
  seconds <- .Call(direct, client$handle, values)
  server_stop(server)
  seconds
}

through_r <- function() {
  begin()
  before <- elsewhere()
  started <- .Call(clock)
  message <- client_mask(client, list(values = values))
  seconds <- .Call(clock) - started
  server_stop(server)
  seconds
}

for (round in seq_len(as.numeric(arguments[[4L]]))) {
  # Who is first changes, so that neither always finds the other one's caches.
  if (round %% 2 == 0) {
    in_c <- through_c()
    in_r <- through_r()
  } else {
    in_r <- through_r()
    in_c <- through_c()
  }
  cat(sprintf("%.4f %.4f\n", 1e3 * in_c, 1e3 * in_r))
}
