// What the three programs share: the command line, errors in one line, files of lines.
#ifndef PROGRAM_HPP
#define PROGRAM_HPP

#include <CLI/CLI.hpp>
#include <cloakwork/error.hpp>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace program {

// A fault of the files or values that the user gave.
class Fault : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

[[noreturn]] inline void refuse_line(const std::string &path, const std::string &line, const char *expected) {
    throw Fault(path + ": '" + line + "' is not " + expected);
}

// Reads the command line, then does the work; the status that the program ends with.
template <class Work>
int run(CLI::App &line, int count, char **words, Work work) {
    try {
        line.parse(count, words);
    } catch (const CLI::ParseError &error) {
        if (line.exit(error, std::cout, std::cerr) == 0) {
            return 0; // The help was asked for.
        }
        return 2;
    }
    try {
        return work();
    } catch (const std::exception &error) {
        std::cerr << line.get_name() << ": " << error.what() << '\n';
        return 1;
    }
}

// The lines of a file that are neither empty nor comments.
inline std::vector<std::string> lines(const std::string &path) {
    std::ifstream file(path);
    std::vector<std::string> out;
    for (std::string line; std::getline(file, line);) {
        if (!line.empty() && line.front() != '#') {
            out.push_back(line);
        }
    }
    if (!file.eof()) {
        throw Fault(path + ": cannot be read");
    }
    return out;
}

} // namespace program

#endif
