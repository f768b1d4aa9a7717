"""C and C++: the namespace tells whose a function is; where there is none, the source file and the binary tell."""

from __future__ import annotations

import re

from collector.stacks.native_names import LAMBDA, read_name
from collector.stacks.remember import remember

NAMES_CACHED_MAX = 8192
"""Frames that are remembered, about 0.7 KB each."""

GLOBAL = "::"
"""The module of functions in no namespace (C++'s own spelling)."""

UNNAMED = "??"
"""The function of a frame whose symbol is not known, as gdb writes it."""

_LIBRARY_NAMESPACES = """
std __gnu_cxx __gnu_debug __cxxabiv1 __cxxabi __asan __lsan __msan __tsan __ubsan __sanitizer __interception
__interceptor boost absl google grpc grpc_core folly fmt spdlog asio nlohmann opentelemetry opentelemetry_api
cpptrace backward testing tbb Eigen cv Poco QtPrivate QtSharedPointer llvm crashpad google_breakpad re2
leveldb rocksdb v8 uv zmq pqxx sqlite rapidjson simdjson cppcodec
"""
_LIBRARIES = frozenset(_LIBRARY_NAMESPACES.split())
"""Namespaces of the standard library, of runtimes and of libraries that many programs carry."""

_SYSTEM_OBJECT = re.compile(
    r"/(?:usr/)?lib(?:32|64)?/|/system/|/apex/|/nix/store/[^/]{1,200}-(?:glibc|gcc)"
    r"|(?:.*[/\\])?(?:linux-(?:vdso|gate)|ld-linux|lib(?:c|m|dl|rt|pthread|stdc\+\+|c\+\+|c\+\+abi|gcc_s|[atlm]san|ubsan|glog"
    r"|boost_\w{1,40}|absl_\w{1,60}|unwind|Qt[56]\w{1,40})\b|ntdll|kernel32|KERNELBASE|ucrtbase|ucrtbased|VCRUNTIME|MSVCP|user32)",
    re.IGNORECASE,
)
_FOREIGN_SOURCE = re.compile(
    r"/usr/(?:local/)?include/(?!c\+\+/)|/usr/src/|(?:^|/)(?:sysdeps|nptl|csu|libsanitizer|libstdc\+\+-v3|compiler-rt)/"
    r"|^\./(?:stdlib|assert|signal|string|io|malloc|elf|posix|libio|debug|misc|time|gmon|setjmp)/"
    r"|(?:^|[/\\])(?:third_party|3rdparty|_deps|vcpkg_installed|vcpkg|\.conan2?|external|crtstuff|vctools|minkernel)[/\\]"
)
_RUNTIME_PREFIX = re.compile(
    r"__(?:asan|lsan|tsan|msan|ubsan|sanitizer|interceptor|libc|GI|cxa|gxx|pthread|assert|restore|kernel|gnu|clone|sig|errno"
    r"|stack_chk|fortify|chk|memcpy|memset|memmove|str|scrt|CxxFrameHandler|tmainCRT|new_allocator|builtin|verbose|terminate)"
    r"|_Unwind_|_dl_|_IO_|_int_(?:free|malloc|realloc)|_start$|_exit$|_fini$|_init$|operator (?:new|delete)|Q[A-Z]\w"
    r"|malloc_|invoke_main|mainCRTStartup|wmainCRTStartup|CxxThrowException|_CxxThrowException|BaseThreadInitThunk"
)
_RUNTIME_FUNCTIONS = """
abort raise gsignal kill tgkill pthread_kill killpg start_thread clone clone3 exit memcpy memmove memset
memcmp memchr strlen strcmp strncmp strcpy strncpy strcat strdup strchr strstr strtol sprintf snprintf
vsnprintf printf vfprintf fprintf fputs puts fwrite fread free malloc calloc realloc qsort bsearch poll ppoll
epoll_wait select read write recv send accept connect nanosleep usleep sleep pthread_create pthread_cond_wait
pthread_join pthread_mutex_lock backtrace backtrace_symbols rethrow_exception dlopen RaiseException
"""
_RUNTIME = frozenset(_RUNTIME_FUNCTIONS.split())
_HANDLER = re.compile(r"\w{0,40}(?:signal|sig|crash|fault)_?handler\w{0,40}", re.IGNORECASE)
_OWN_EXCEPTION = re.compile(r"\w*(?:Error|Exception|Failure|error|exception|failure)")
_C_SOURCE = re.compile(r"(?:.*[/\\])?([^/\\]{1,200})\.c")
_SOURCE = re.compile(r"(?:.*[/\\])?([^/\\]{1,200})\.\w{1,4}")


@remember(NAMES_CACHED_MAX)
def locate(name: str, file: str, binary: str) -> tuple[str, str, bool]:
    """Tell module and function of a name in any spelling, and whether it is in-app.

    The module is the namespace with the classes; of a C function (its source ends in `.c`) the source's base name; of
    all others `::`, for the line that a compiler names may come from a header that was inlined. A frame without a name is
    in-app if it lies in the user's own binary.
    """
    module, function = read_name(name)
    is_system = bool(binary) and _SYSTEM_OBJECT.match(binary) is not None
    if not function or function in (UNNAMED, "unknown"):
        base = re.split(r"[/\\]", binary)[-1] if binary else GLOBAL
        return base, UNNAMED, bool(binary) and not is_system
    if module:
        return module, function, not is_system and not _is_library(module, function, file)
    if function == LAMBDA:
        source = _SOURCE.fullmatch(file)
        module = source.group(1) if source else ""
    else:
        source = _C_SOURCE.fullmatch(file)
        module = source.group(1) if source else ""
    in_app = not is_system and not _RUNTIME_PREFIX.match(function) and (bool(file) or function not in _RUNTIME)
    in_app = in_app and _HANDLER.fullmatch(function) is None
    in_app = in_app and (not file or _FOREIGN_SOURCE.search(file) is None)
    return (module if in_app and module else GLOBAL), function, in_app


def _is_library(module: str, function: str, file: str) -> bool:
    if module.partition("::")[0] in _LIBRARIES:
        return True
    made = function.lstrip("~")
    if module.endswith(made) and module.rpartition("::")[2] == made and _OWN_EXCEPTION.fullmatch(made):
        return True  # an exception that takes its own stack when it is made
    if file and _FOREIGN_SOURCE.search(file) is not None:
        return True
    return not module.rpartition("::")[0] and _RUNTIME_PREFIX.match(module) is not None and module[0] == "Q"
