/**
 * @file The roles of docs/http.md: `http::Participation` is a member of a run, `http::Controller` defines runs and starts rounds, `http::Service` adds up.
 *
 * Needs cpp-httplib, OpenSSL 3 and nlohmann-json: `find_package(cloakwork COMPONENTS http)` finds them and gives `cloakwork::http`. Errors are
 * exceptions; POSIX systems only.
 */
#ifndef CLOAKWORK_HTTP_HPP
#define CLOAKWORK_HTTP_HPP

#include "http/controller.hpp"
#include "http/keyfile.hpp"
#include "http/participation.hpp"
#include "http/service.hpp"

#endif
