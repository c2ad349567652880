# The server's behaviour over its requests (docs/http.md), without sockets between.

skip_if_not_installed("later")
skip_if_not_installed("promises")

boss <- identity_generate()
people <- stats::setNames(lapply(1:5, function(i) identity_generate()), c("a", "b", "c", "d", "e"))

# A server with a run, its parties, and requests within the run.
setting <- function(...) {
  host <- new_test_host(boss)
  run <- cw_run(run_config(segment("values", 2, 40, 20), ...), people)
  id <- run_bytes(run, "id")
  parties <- lapply(c(list(boss = boss), people), function(one) party(host, one))
  ask <- function(who, method, what, query = "", body = raw(), ...) ask_host(parties[[who]], method, run_path(run, what), query, body, id, ...)
  list(host = host, run = run, id = id, parties = parties, ask = ask)
}

created <- function(...) {
  made <- setting(...)
  reply <- ask_host(made$parties$boss, "PUT", run_path(made$run), body = creation(made$run), run = made$id)
  if (reply$status != 201L) stop("the run was not made")
  made
}

# Every member answers what it has, until nobody has a message; `silent` members do not.
take_turns <- function(made, clients, numbers = c(a = 1, b = 1, c = 1, d = 1, e = 1), silent = character(), values = c(1, 2)) {
  repeat {
    moved <- FALSE
    for (who in setdiff(names(clients), silent)) {
      reply <- made$ask(who, "GET", paste0("messages/", numbers[[who]]))
      if (reply$status == 410L) {
        numbers[[who]] <- reply$json[["next"]]
        moved <- TRUE
      } else if (reply$status == 200L) {
        numbers[[who]] <- numbers[[who]] + 1
        moved <- TRUE
        context <- if (message_kind(reply$body) == "begin") {
          made$ask(who, "GET", paste0("messages/", numbers[[who]] - 1, "/context"))$body
        } else {
          raw()
        }
        said <- client_answer(clients[[who]], reply$body, context)
        if (message_kind(reply$body) == "begin") said <- client_mask(clients[[who]], list(values = values))
        if (!is.null(said)) made$ask(who, "POST", "messages", body = said)
        later::run_now()
      }
    }
    if (!moved) {
      return(numbers)
    }
  }
}

# Turns and waiting until a round has ended.
settled_round <- function(made, clients, numbers, number, silent) {
  deadline <- Sys.time() + 20
  repeat {
    numbers <- take_turns(made, clients, numbers, silent = silent)
    later::run_now(0.1)
    shown <- made$ask("boss", "GET", paste0("rounds/", number))$json
    if (shown$state == "ended" || Sys.time() > deadline) {
      return(shown)
    }
  }
}

test_that("who asks is authenticated, and what for", {
  made <- created()
  health <- cloakwork:::handle(made$host, list(method = "GET", path = "/v1/health", query = "", headers = list(), body = raw()))
  expect_identical(health$status, 200L)
  expect_identical(cloakwork:::json_object(health$body)$fingerprint, fingerprint(made$host$identity))
  nothing <- cloakwork:::handle(made$host, list(method = "GET", path = "/v1/nothing", query = "", headers = list(), body = raw()))
  expect_identical(nothing$status, 404L)
  bare <- cloakwork:::handle(made$host, list(method = "GET", path = run_path(made$run), query = "", headers = list(), body = raw()))
  expect_identical(c(bare$status, cloakwork:::json_object(bare$body)$code), c(401L, 802L))

  stranger <- ask_host(party(made$host, identity_generate()), "GET", run_path(made$run), run = made$id)
  expect_identical(stranger$status, 401L)
  expect_false(stranger$verified)
  for (tamper in list(
    function(asked) utils::modifyList(asked, list(query = "wait=1")), function(asked) utils::modifyList(asked, list(body = as.raw(1))),
    function(asked) utils::modifyList(asked, list(path = run_path(made$run, "roster")))
  )) {
    expect_identical(made$ask("a", "GET", character(), tamper = tamper)$status, 401L)
  }
  forbidden <- made$ask("a", "POST", "stop")
  expect_identical(c(forbidden$status, forbidden$json$code), c(403L, 803L))
  expect_true(forbidden$verified)
  expect_identical(made$ask("boss", "GET", "messages/1")$status, 403L)
  expect_identical(made$ask("a", "GET", "messages/x")$status, 400L)
  expect_identical(ask_host(made$parties$a, "GET", "/v1/runs")$status, 403L)
  expect_identical(ask_host(made$parties$boss, "GET", "/v1/runs")$json$runs[[1L]]$name, "test")
  unknown <- ask_host(made$parties$boss, "GET", paste0("/v1/runs/", strrep("0", 32)), run = raw(16))
  expect_identical(unknown$status, 404L)
  expect_identical(made$ask("a", "GET", "description")$body, run_bytes(made$run, "description"))
  expect_identical(made$ask("b", "GET", "roster")$body, run_bytes(made$run, "roster"))
  expect_identical(made$ask("c", "GET", "settings")$body, raw())
  shown <- made$ask("a", "GET", character())$json
  expect_identical(shown$step, "advertise")
  expect_identical(shown$members[[2L]]$name, "b")
})

test_that("a counter is used once, and a repeat gets the stored answer", {
  made <- created()
  first <- made$ask("a", "POST", "setup", body = charToRaw("{}"))
  again <- made$ask("a", "POST", "setup", body = charToRaw("{}"), counter = first$counter)
  expect_identical(again[c("status", "body", "headers")], first[c("status", "body", "headers")])
  other <- made$ask("a", "POST", "setup", body = charToRaw("{ }"), counter = first$counter)
  expect_identical(c(other$status, other$json$code), c(409L, 806L))
  expect_identical(other$json$last_counter, first$counter)
  made$ask("a", "GET", "roster", counter = "2000000000000000000")
  expect_identical(made$ask("a", "GET", "roster", counter = "5")$json$code, 806L)
  expect_identical(made$ask("a", "GET", "roster", counter = "05")$status, 401L)
  expect_identical(made$ask("b", "GET", "roster", counter = "18446744073709551615")$status, 200L)
  expect_identical(made$ask("b", "GET", "roster", counter = "18446744073709551615")$status, 200L)
})

test_that("creating a run is checked, and repeated without harm", {
  made <- created()
  boss_asks <- function(body, run = made$run) ask_host(made$parties$boss, "PUT", run_path(run), body = body, run = run_bytes(run, "id"))
  expect_identical(boss_asks(creation(made$run))$status, 200L)
  expect_identical(boss_asks(creation(made$run, "other"))$json$code, 805L)
  expect_identical(boss_asks(charToRaw("[1]"))$json$code, 801L)
  expect_identical(boss_asks(charToRaw("{\"name\":3}"))$status, 400L)
  second <- cw_run(run_config(segment("x", 1)), people)
  expect_identical(boss_asks(creation(second), second)$json$argument, "name")
  expect_identical(boss_asks(creation(made$run), second)$json$code, 801L)
  fields <- jsonlite::fromJSON(rawToChar(creation(second, "second")), simplifyVector = FALSE)
  changed <- function(...) boss_asks(cloakwork:::json_bytes(utils::modifyList(fields, list(...))), second)
  expect_identical(changed(settings = "AA==")$json$code, 604L)
  expect_identical(changed(settings = "A")$json$argument, "settings")
  expect_identical(changed(names = list(`2` = "a"))$json$code, 601L)
  expect_identical(changed(names = list(`6` = "x"))$json$code, 601L)
  expect_identical(changed(description = "AAAA")$json$code, 301L)
  expect_identical(changed(name = "two\nlines")$json$argument, "name")
  expect_identical(boss_asks(creation(second, "second"), second)$status, 201L)
})

test_that("a round from set-up to its result", {
  made <- created()
  clients <- lapply(people, function(one) cw_client(made$run, one))
  numbers <- take_turns(made, clients)
  context <- charToRaw("model")
  expect_identical(made$ask("boss", "PUT", "rounds/2", body = context)$json$code, 805L)
  expect_identical(made$ask("boss", "PUT", "rounds/1", body = context)$status, 201L)
  expect_identical(made$ask("boss", "PUT", "rounds/1", body = context)$status, 200L)
  expect_identical(made$ask("boss", "PUT", "rounds/1", body = raw(3))$json$code, 805L)
  expect_identical(made$ask("boss", "GET", "rounds/1/result")$json$code, 805L)
  expect_identical(made$ask("boss", "GET", "rounds/2")$status, 404L)
  expect_identical(made$ask("boss", "PUT", "rounds/2", body = context)$json$code, 805L)
  numbers <- take_turns(made, clients, numbers)
  shown <- made$ask("boss", "GET", "rounds/1", "wait=5")$json
  expect_identical(shown$outcome, 0L)
  expect_identical(unlist(shown$survivors), as.character(1:5))
  result <- made$ask("boss", "GET", "rounds/1/result")$body
  expect_identical(cloakwork:::read_result(made$run, result), list(values = c(5, 10)))
  expect_identical(made$ask("a", "GET", "rounds/1/result")$json$code, 803L)
  # The messages of this set-up may still be asked for, those of the round until the next one begins.
  expect_identical(message_kind(made$ask("a", "GET", "messages/1")$body), "invite")
  expect_identical(message_kind(made$ask("a", "GET", paste0("messages/", numbers[["a"]] - 1))$body), "finished")

  # A participant may be left out, and an unknown one is refused.
  expect_identical(made$ask("boss", "PUT", "rounds/2", "participants=1,9")$json$party, "9")
  expect_identical(made$ask("boss", "PUT", "rounds/2", "participants=x")$json$argument, "participants")
  expect_identical(made$ask("boss", "PUT", "rounds/2", "participants=1,2")$status, 201L)
  ended <- made$ask("boss", "GET", "rounds/2", "wait=5")$json
  expect_identical(ended$outcome, 509L)

  expect_identical(made$ask("boss", "POST", "stop")$status, 200L)
  expect_identical(made$ask("a", "GET", "messages/99")$json$code, 816L)
  expect_identical(made$ask("boss", "PUT", "rounds/3")$json$code, 816L)
})

test_that("time limits close a step; who is silent is away until it is heard again", {
  made <- created(step_seconds = 1, min_inputs = 3)
  clients <- lapply(people, function(one) cw_client(made$run, one))
  numbers <- take_turns(made, clients)
  made$ask("boss", "PUT", "rounds/1")
  ended <- settled_round(made, clients, numbers, 1, "c")
  expect_identical(ended$outcome, 0L)
  expect_identical(unlist(ended$survivors), c("1", "2", "4", "5"))
  states <- function() vapply(made$ask("boss", "GET", character())$json$members, `[[`, "", "state")
  expect_identical(states()[[3L]], "away")
  made$ask("c", "GET", "messages/99")
  expect_identical(states()[[3L]], "ready")
})

test_that("a refusal is noted, and nobody waits for who refused", {
  made <- created(min_inputs = 3)
  clients <- lapply(people, function(one) cw_client(made$run, one))
  numbers <- take_turns(made, clients)
  made$ask("boss", "PUT", "rounds/1")
  body <- function(...) cloakwork:::json_bytes(list(number = numbers[["c"]], code = 815, reason = "no data", ...))
  expect_identical(made$ask("c", "POST", "refusals", body = charToRaw("{}"))$status, 400L)
  expect_identical(made$ask("c", "POST", "refusals", body = body(accused = "9"))$json$party, "9")
  expect_identical(made$ask("c", "POST", "refusals", body = body())$status, 200L)
  take_turns(made, clients, numbers, silent = "c")
  ended <- made$ask("boss", "GET", "rounds/1", "wait=5")$json
  expect_identical(ended$outcome, 0L)
  expect_identical(unlist(ended$survivors), c("1", "2", "4", "5"))
})

test_that("a controller sees everything, and waits for changes", {
  made <- created(min_inputs = 3)
  status <- function(query = "") ask_host(made$parties$boss, "GET", "/v1/status", query)
  expect_identical(ask_host(made$parties$a, "GET", "/v1/status")$status, 403L)
  shown <- status()$json
  entry <- shown$runs[[1L]]
  expect_identical(c(entry$name, entry$state, entry$step), c("test", "open", "advertise"))
  expect_identical(list(entry$rounds, entry$refusals, entry$noise), list(list(), list(), NULL))
  expect_true("noise" %in% names(entry))
  expect_identical(status(paste0("after=", shown$version, "&wait=1"))$status, 204L)
  later::later(function() {
    body <- cloakwork:::json_bytes(list(number = 1, code = 815, reason = "no\tdata", accused = "2"))
    made$ask("c", "POST", "refusals", body = body)
  }, 0.1)
  told <- status(paste0("after=", shown$version, "&wait=20"))$json$runs[[1L]]$refusals
  expect_identical(told[[1L]][c("epoch", "round", "member", "accused", "code", "reason")], list(
    epoch = 1L, round = 0L, member = "3", accused = "2", code = 815L, reason = "no data"
  ))
  made$ask("boss", "PUT", "rounds/1")
  made$ask("boss", "POST", "rounds/1/stop")
  expect_identical(status()$json$runs[[1L]]$rounds[[1L]][c("round", "state", "participants", "outcome")], list(
    round = 1L, state = "ended", participants = NULL, outcome = 517L
  ))
})

test_that("a round is stopped; keys are renewed when somebody asks for it", {
  made <- created()
  clients <- lapply(people, function(one) cw_client(made$run, one))
  numbers <- take_turns(made, clients)
  made$ask("boss", "PUT", "rounds/1")
  expect_identical(made$ask("boss", "POST", "rounds/1/stop")$status, 200L)
  expect_identical(made$ask("boss", "GET", "rounds/1")$json$outcome, 517L)
  # A member that lost its state.
  clients$b <- cw_client(made$run, people$b)
  expect_true(made$ask("b", "POST", "setup", body = charToRaw("{}"))$json$new_setup)
  made$ask("boss", "PUT", "rounds/2")
  take_turns(made, clients, numbers)
  expect_identical(made$ask("boss", "GET", "rounds/2", "wait=5")$json$outcome, 0L)
  expect_identical(made$ask("boss", "GET", character())$json$epoch, 2L)
})

test_that("a long poll waits for its message, and no longer than it says", {
  made <- created()
  started <- Sys.time()
  a <- cw_client(made$run, people$a)
  message <- made$ask("a", "GET", "messages/1")$body
  expect_identical(made$ask("a", "GET", "messages/2", "wait=1")$status, 204L)
  expect_gte(as.numeric(Sys.time() - started, units = "secs"), 0.9)
  made$ask("a", "POST", "messages", body = client_answer(a, message))
  # The poll is answered by what another member does meanwhile.
  later::later(function() {
    for (who in c("b", "c", "d", "e")) {
      made$ask(who, "POST", "messages", body = client_answer(cw_client(made$run, people[[who]]), made$ask(who, "GET", "messages/1")$body))
    }
  }, 0.2)
  reply <- made$ask("a", "GET", "messages/2", "wait=20")
  expect_identical(message_kind(reply$body), "keys")
})

test_that("bodies have limits", {
  made <- created()
  limit <- function(method, path) cloakwork:::body_limit(made$host, method, path)
  expect_identical(limit("GET", run_path(made$run)), 0)
  expect_identical(limit("POST", run_path(made$run, "setup")), 4096)
  expect_lt(limit("POST", run_path(made$run, "messages")), 8192)
  app <- cloakwork:::application(made$host)
  request <- function(...) list2env(list(REQUEST_METHOD = "POST", PATH_INFO = run_path(made$run, "messages"), ...))
  expect_identical(app$onHeaders(request(HTTP_CONTENT_LENGTH = "100000"))$status, 413L)
  expect_identical(app$onHeaders(request())$status, 400L)
  expect_identical(app$onHeaders(request(HTTP_TRANSFER_ENCODING = "chunked"))$status, 400L)
  expect_identical(app$onHeaders(request(HTTP_CONTENT_LENGTH = "-1"))$status, 400L)
  expect_null(app$onHeaders(request(HTTP_CONTENT_LENGTH = "100")))
  get <- function(...) list2env(list(REQUEST_METHOD = "GET", PATH_INFO = run_path(made$run), ...))
  expect_null(app$onHeaders(get()))
  expect_identical(app$onHeaders(get(HTTP_CONTENT_LENGTH = "1"))$status, 413L)
})
