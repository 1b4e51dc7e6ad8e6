# cmake -DINPUT=normative.tsv -DOUTPUT=normative.cpp -P embed.cmake
# A program that stands alone carries its data: the file becomes a string literal.
file(READ "${INPUT}" TEXT)
if(TEXT MATCHES "\\)smtprig\"")
    message(FATAL_ERROR "${INPUT} holds the end mark of the literal.")
endif()
file(WRITE "${OUTPUT}" "// Made from ${INPUT} by the build.
#include \"conformance/rfc5321/normative.hpp\"

namespace smtprig::conformance {

std::string_view normative_statements() {
    return R\"smtprig(${TEXT})smtprig\";
}

}  // namespace smtprig::conformance
")
