# Times client_mask() on a vector of doubles, as overhead.c does: Rscript overhead.R LENGTH MEMBERS ROUNDS.

library(cloakwork)

arguments <- as.numeric(commandArgs(TRUE))
count <- arguments[[2L]]
people <- stats::setNames(lapply(seq_len(count), function(i) identity_generate()), paste0("p", seq_len(count)))
run <- cw_run(run_config(segment("values", arguments[[1L]], 40, 20), max_rounds = 100000), people)
clients <- stats::setNames(lapply(people, function(one) cw_client(run, one)), run$ids)
server <- cw_server(run)
epoch <- server_invite(server)
cloakwork:::play(server, clients, function(id, message) client_answer(clients[[id]], message))
values <- (seq_len(arguments[[1L]]) - 1) %% 1000 / 8 - 60
for (round in seq_len(arguments[[3L]])) {
  server_begin(server)
  client_answer(clients[["1"]], server_message(server, "1"))
  # As in C, the last message is freed before the next one is made.
  message <- NULL
  invisible(gc(FALSE))
  started <- Sys.time()
  message <- client_mask(clients[["1"]], list(values = values))
  cat(sprintf("%.0f\n", 1e9 * as.numeric(Sys.time() - started, units = "secs")))
  server_stop(server)
}
