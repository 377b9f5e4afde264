# Writes a manual page for each name that the public headers describe, out of the very comments that
# doxygen reads. The headers are the only source; a page is one name, with what its header says of
# all of its names behind it.
#     awk -v out=DIRECTORY -v version=VERSION -f pages.awk troupe.h troupe/*.h

BEGIN {
    quote = sprintf("%c", 39)
    lists["@param"] = "PARAMETERS"
    lists["@return"] = "RETURN VALUE"
    lists["@note"] = "NOTES"
}

# ---- roff ------------------------------------------------------------------------------------

function escape(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    gsub(/…/, "...", text)
    return text
}

# A line of text, which must not be taken for a request; `code` is bold.
function put(text, parts, n, i, line) {
    n = split(text, parts, "`")
    for (i = 1; i <= n; i++)
        line = line (i % 2 ? escape(parts[i]) : "\\fB" escape(parts[i]) "\\fR")
    put_raw(line)
}

function put_raw(line) {
    print (line ~ ("^[." quote "]") ? "\\&" : "") line >page
}

function heading(text) { print ".SH " text >page }

# Lines that are indented by four or more are shown as they stand.
function put_paragraphs(text, lines, n, i, shown, code) {
    n = split(text, lines, "\n")
    for (i = 1; i <= n; i++) {
        code = lines[i] ~ /^   ? ? ?[^ ]/
        if (code && !shown)
            print ".RS 4\n.nf" >page
        if (!code && shown && lines[i] != "")
            print ".fi\n.RE" >page
        if (lines[i] == "")
            print shown ? "" : ".PP" >page
        else if (code)
            put_raw(escape(lines[i]))
        else
            put(lines[i])
        shown = code || (shown && lines[i] == "")
    }
    if (shown)
        print ".fi\n.RE" >page
}

# ---- a comment -------------------------------------------------------------------------------

# Splits a comment at its commands: into body, and into one entry for each of them.
function take_apart(text, words, rest, command, at) {
    entries = 0
    body = ""
    while (match(text, /@(param|return|note)[ \n]/)) {
        add_to(command, substr(text, 1, RSTART - 1))
        command = substr(text, RSTART, RLENGTH - 1)
        text = substr(text, RSTART + RLENGTH)
        kind[++entries] = command
        entry[entries] = ""
    }
    add_to(command, text)
}

function add_to(command, text) {
    sub(/^[ \n]+/, "", text)
    sub(/[ \n]+$/, "", text)
    if (command == "")
        body = text
    else
        entry[entries] = text
}

# What a comment says that is a command alone.
function result(i) {
    for (i = 1; i <= entries; i++)
        if (kind[i] == "@return")
            return entry[i]
}

# What the name is, in a line: up to the first end of a sentence, without the form of the call.
function brief(name, text) {
    gsub(/[ \n]+/, " ", text)
    if (index(text, "`") == 1)
        sub(/^`[^`]*`[,:;]? */, "", text)
    if (match(text, /[.:;]( |$)/))
        text = substr(text, 1, RSTART - 1)
    gsub(/`/, "", text)
    return text
}

function put_entries(command, i, text, first, name) {
    for (i = 1; i <= entries; i++) {
        if (kind[i] != command)
            continue
        if (!first++)
            heading(lists[command])
        text = entry[i]
        if (command == "@param") {
            match(text, /^[^ \n]+/)
            name = substr(text, 1, RLENGTH)
            text = substr(text, RLENGTH + 1)
            sub(/^[ \n]+/, "", text)
            print ".TP\n.I " escape(name) >page
        } else if (first > 1) {
            print ".PP" >page
        }
        gsub(/\n +/, "\n", text)
        put_paragraphs(text)
    }
}

# ---- a page ----------------------------------------------------------------------------------

# How it is written: a macro as its comment shows it, for what it takes says less.
function put_synopsis(name, declaration, shown) {
    heading("SYNOPSIS")
    print ".nf\n\\fB#include <troupe.h>\\fR\n.sp" >page
    shown = declaration
    if (declaration ~ /^#define/ && match(body, "`[^`]*" name "[^`]*`")) {
        shown = substr(body, RSTART + 1, RLENGTH - 2)
        gsub(/\n */, " ", shown)
    } else if (declaration ~ /^#define/) {
        sub(/^#define /, "", shown)
    }
    n = split(shown, lines, "\n")
    for (i = 1; i <= n; i++)
        put_raw("\\fB" escape(lines[i]) "\\fR")
    print ".fi" >page
}

function write_page(name, comment, declaration) {
    page = out "/" name ".3"
    take_apart(comment)
    if (body == "")
        body = toupper(substr(result(), 1, 1)) substr(result(), 2)
    print ".TH " name " 3 \"\" \"troupe " version "\" \"troupe\"" >page
    heading("NAME")
    put_raw(name " \\- " escape(brief(name, body)))
    put_synopsis(name, declaration)
    heading("DESCRIPTION")
    put_paragraphs(body)
    put_entries("@param")
    put_entries("@return")
    put_entries("@note")
    if (about[FILENAME] != "") {
        heading("ABOUT " toupper(base_of(FILENAME)))
        put_paragraphs(about[FILENAME])
    }
    heading("SEE ALSO")
    print "\\fBtroupe\\fR(3)" >page
    close(page)
}

function write_overview() {
    page = out "/troupe.3"
    print ".TH troupe 3 \"\" \"troupe " version "\" \"troupe\"" >page
    heading("NAME")
    print "troupe \\- actors on MPI: remote classes, tasks, handles and futures in C" >page
    heading("DESCRIPTION")
    put_paragraphs(about[FILENAME])
    close(page)
}

function base_of(path) {
    sub(/.*\//, "", path)
    return path
}

# ---- the headers -----------------------------------------------------------------------------

# The name that a declaration gives, "" if it is none of the public ones.
function name_of(declaration, name) {
    if (declaration ~ /^#define/) {
        match(declaration, /^#define [A-Za-z_0-9]+/)
        name = substr(declaration, 9, RLENGTH - 8)
    } else if (match(declaration, /^(typedef )?(struct|enum|union) troupe_[a-z_0-9]+ \{/)) {
        name = substr(declaration, RSTART, RLENGTH - 2)
        sub(/.* /, "", name)
    } else if (match(declaration, /troupe_[a-z_0-9]+\(/)) {
        name = substr(declaration, RSTART, RLENGTH - 1)
    } else if (declaration ~ /^typedef/ && match(declaration, /troupe_[a-z_0-9]+;/)) {
        name = substr(declaration, RSTART, RLENGTH - 1)
    }
    return name ~ /^(troupe|TROUPE)_/ && name !~ /_[0-9]?$/ ? name : ""
}

function is_whole(declaration, line) {
    if (declaration ~ /^#define/)
        return 1
    if (declaration ~ /^(typedef )?(struct|enum|union)[^;]*\{/)
        return line ~ /^}/
    return line ~ /[;{]/
}

# Of a macro its name and what it takes; of an inline function, not what it does.
function as_shown(declaration) {
    if (declaration ~ /^#define [A-Za-z_0-9]+\(/)
        match(declaration, /^#define [A-Za-z_0-9]+\([^)]*\)/)
    else if (declaration ~ /^#define/)
        match(declaration, /^#define .*[^ \\]/)
    else if (declaration !~ /^(typedef )?(struct|enum|union)[^;]*\{/ &&
             match(declaration, /[ \n]*\{/))
        return substr(declaration, 1, RSTART - 1) ";"
    else
        return declaration
    return substr(declaration, 1, RLENGTH)
}

function end_comment() {
    in_comment = 0
    if (comment ~ /@file/) {
        sub(/[ \n]*@file[ \n]*/, "", comment)
        sub(/[ \n]+$/, "", comment)
        about[FILENAME] = comment
        comment = ""
        if (base_of(FILENAME) == "troupe.h")
            write_overview()
    } else if (comment ~ /@cond/) {
        internal = 1
        comment = ""
    } else if (comment ~ /@endcond/) {
        internal = 0
        comment = ""
    }
}

function comment_line(line) {
    sub(/^\/\*\*+ ?/, "", line)
    ended = sub(/ *\*\/.*$/, "", line)
    sub(/^ \* ?/, "", line)
    sub(/^ \*$/, "", line)
    if (!starred)
        sub(/^    /, "", line)
    comment = comment (comment == "" ? "" : "\n") line
    if (ended)
        end_comment()
}

FNR == 1 { in_comment = internal = 0; comment = declaration = "" }

in_comment {
    if ($0 ~ /^ \*/)
        starred = 1
    comment_line($0)
    next
}

declaration == "" && /^\/\*\*([^<]|$)/ {
    in_comment = 1
    starred = 0
    comment = ""
    comment_line($0)
    next
}

comment != "" && !internal && (declaration != "" || $0 != "") {
    declaration = declaration (declaration == "" ? "" : "\n") $0
    if (is_whole(declaration, $0)) {
        name = name_of(declaration)
        if (name != "")
            write_page(name, comment, as_shown(declaration))
        comment = declaration = ""
    }
}
