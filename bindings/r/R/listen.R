# Sockets: httpuv, alone on this machine or behind stunnel.

# Longer than a long poll; what is silent for longer is cut.
IDLE_SECONDS <- 120
START_SECONDS <- 10
ATTEMPTS <- 5

# The application for httpuv.
application <- function(host) {
  list(
    # What a body may have is known before it is read.
    onHeaders = function(req) {
      length <- req$HTTP_CONTENT_LENGTH
      unstated <- is.null(length) && req$REQUEST_METHOD %in% c("PUT", "POST")
      if (unstated || !is.null(req$HTTP_TRANSFER_ENCODING) || !(is.null(length) || grepl("^[0-9]{1,15}$", length))) {
        return(refusal("BAD_REQUEST", "the request must state the length of its body"))
      }
      most <- body_limit(host, req$REQUEST_METHOD, req$PATH_INFO)
      if (!is.null(length) && as.numeric(length) > most) refusal("TOO_LARGE", "the body is longer than this request may have", most)
    },
    onWSOpen = function(socket) socket$close(),
    call = function(req) {
      fields <- names(req)[startsWith(names(req), "HTTP_")]
      names <- tolower(gsub("_", "-", sub("^HTTP_", "", fields), fixed = TRUE))
      headers <- stats::setNames(lapply(fields, function(name) req[[name]]), names)
      query <- if (is.null(req$QUERY_STRING)) "" else sub("^\\?", "", req$QUERY_STRING)
      asked <- list(method = req$REQUEST_METHOD, path = req$PATH_INFO, query = query, headers = headers, body = req$rook.input$read())
      tryCatch(handle(host, asked), error = defect)
    }
  )
}

refusal <- function(name, text, bound = NULL) plain_response(answer_of(cloakwork_condition(statuses[[name]], text, bound = bound)))

# A defect of this program: told where the operator sees it; the caller learns nothing of it.
defect <- function(error) {
  message("cloakwork: a request failed: ", conditionMessage(error))
  error <- cloakwork_condition(statuses[["BUSY"]], "the server failed at this request; its operator finds the reason in the log")
  response(answer(500L, PROBLEM, problem_encode(error)), NULL)
}

listen_plain <- function(host, address, port) {
  if (port == 0) port <- httpuv::randomPort(host = "127.0.0.1")
  at <- if (address == "localhost") "127.0.0.1" else gsub("[][]", "", address)
  listening <- tryCatch(httpuv::startServer(at, port, application(host), quiet = TRUE),
    error = function(e) raise("CONFIGURATION", paste("cannot listen:", conditionMessage(e)), "port")
  )
  list(port = port, end = function() httpuv::stopServer(listening), alive = function() TRUE)
}

# httpuv on a socket in a folder of its own, and stunnel before it. A port that another program took first is tried again with another one.
listen_tls <- function(host, tls, address, port) {
  files <- vapply(c(certificate = "certificate", key = "key"), function(name) {
    file <- if (is.list(tls)) tls[[name]]
    if (is.null(file) || !file.exists(one_text(file, "tls"))) raise("CONFIGURATION", paste("needs the file of the", name), "tls")
    normalizePath(file)
  }, "")
  program <- Sys.which("stunnel")
  if (!nzchar(program)) program <- Sys.which("stunnel4")
  if (!nzchar(program)) raise("CONFIGURATION", "TLS needs the program stunnel (Debian: apt-get install stunnel4)", "tls")
  folder <- tempfile("cloakwork-")
  dir.create(folder, mode = "0700")
  socket <- file.path(folder, "http")
  # Only the owner opens the socket: the mask is the one of umask.
  listening <- httpuv::startPipeServer(socket, strtoi("177", 8L), application(host), quiet = TRUE)
  end_http <- function() {
    httpuv::stopServer(listening)
    unlink(folder, recursive = TRUE)
  }
  for (attempt in seq_len(if (port == 0) ATTEMPTS else 1L)) {
    chosen <- if (port == 0) httpuv::randomPort(host = "127.0.0.1") else port
    proxy <- start_proxy(program, folder, socket, files, address, chosen)
    if (accepts(address, chosen, proxy)) {
      return(list(
        port = chosen, alive = proxy$is_alive,
        end = function() {
          proxy$kill()
          end_http()
        }
      ))
    }
    proxy$kill()
  }
  said <- tail_of(file.path(folder, "log"))
  end_http()
  raise("CONFIGURATION", sprintf("the TLS proxy cannot listen on port %.0f with this certificate: %s", chosen, said), "tls")
}

start_proxy <- function(program, folder, socket, files, address, port) {
  configuration <- c(
    "foreground = yes", "pid =", "syslog = no", "debug = warning", paste("output =", file.path(folder, "log")), "[cloakwork]",
    sprintf("accept = %s:%.0f", if (address == "localhost") "127.0.0.1" else address, port), paste("connect =", socket),
    paste("cert =", files[["certificate"]]), paste("key =", files[["key"]]), "sslVersionMin = TLSv1.3", paste("TIMEOUTidle =", IDLE_SECONDS)
  )
  path <- file.path(folder, "proxy.conf")
  writeLines(configuration, path)
  # Supervised: it ends with this process, whatever ends that.
  processx::process$new(program, path, stdout = NULL, stderr = NULL, cleanup = TRUE, supervise = TRUE)
}

# Whether the proxy listens. Connections that say nothing are closed again at once.
accepts <- function(address, port, proxy) {
  deadline <- seconds_now() + START_SECONDS
  target <- if (address %in% c("0.0.0.0", "localhost")) "127.0.0.1" else gsub("[][]", "", address)
  while (proxy$is_alive() && seconds_now() < deadline) {
    connection <- tryCatch(
      suppressWarnings(socketConnection(target, port, blocking = TRUE, open = "r+b", timeout = 2)),
      error = function(e) NULL
    )
    if (!is.null(connection)) {
      close(connection)
      # Another program may listen there: the proxy then ends.
      Sys.sleep(0.1)
      return(proxy$is_alive())
    }
    Sys.sleep(0.05)
  }
  FALSE
}

tail_of <- function(path) {
  if (!file.exists(path)) {
    return("it says nothing")
  }
  paste(utils::tail(readLines(path, warn = FALSE), 2L), collapse = "; ")
}
