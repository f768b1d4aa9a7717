"""Elixir and Erlang: the application a frame names, else its file and module, tell whose code it is."""

from __future__ import annotations

import re

from collector.stacks.remember import remember

NAMES_CACHED_MAX = 8192
"""Frames that are remembered, about 0.5 KB each: a program has some thousands, and they repeat."""

_LIBRARY_NAMES = (
    # Erlang/OTP and Elixir themselves
    "asn1 common_test compiler crypto debugger dialyzer diameter edoc eldap erl_docgen erts et eunit ftp inets kernel megaco"
    " mnesia observer odbc os_mon parsetools public_key reltool runtime_tools sasl snmp ssh ssl stdlib syntax_tools tftp tools"
    " wx xmerl eex elixir ex_unit iex logger mix hex rebar"
    # the usual dependencies
    " absinthe acceptor_pool amqp amqp_client appsignal argon2_elixir ash bamboo bandit bcrypt_elixir benchee brod broadway"
    " bunt bypass cachex castore certifi chatterbox chumak combine comeonin commanded connection corsica cors_plug cowboy"
    " cowboy_telemetry cowlib credo crontab ctx db_connection decimal dialyxir dns_cluster ecto ecto_sql elixir_make elli"
    " elixir_uuid epgsql epmdless esbuild ets_lru eventstore ex_aws ex_machina exometer exq expo faker file_system finch"
    " flow floki fuse gen_smtp gen_stage gettext gproc gpb grpc grpcbox gun guardian hackney heroicons horde hpack hpax"
    " httpoison httpotion idna image ibrowse jason jiffy jose jsx kafka_ex kaffe lager libcluster libring logger_json"
    " live_view_native lru_cache mariaex mdns mime mimerl mint mint_web_socket mochiweb mongodb mongodb_driver mox myxql"
    " nimble_options nimble_ownership nimble_parsec nimble_pool oban observer_cli opentelemetry opentelemetry_api"
    " opentelemetry_exporter opentelemetry_semantic_conventions parse_trans phoenix phoenix_ecto phoenix_html"
    " phoenix_live_dashboard phoenix_live_view phoenix_pubsub phoenix_template phoenix_view pgo plug plug_cowboy plug_crypto"
    " poison poolboy postgrex prom_ex prometheus quantum quickrand ra ranch recon redix req rustler sentry sobelow"
    " ssl_verify_fun stream_data sweet_xml swoosh swarm syn tailwind telemetry telemetry_metrics telemetry_poller tds tesla"
    " thousand_island timex tls_certificate_check toml toolshed tzdata unicode_util_compat uuid uuid_utils waffle webrtc"
    " websock websock_adapter worker_pool xandra yamerl yaml_elixir yamerl zipper"
)
LIBRARIES = frozenset(_LIBRARY_NAMES.split())
"""Applications that are not the user's; those of OpenTelemetry's instrumentation begin with `opentelemetry_`."""

_ELIXIR_NAMES = (
    "Access Agent Application Atom Base Bitwise Calendar Code Collectable Config Date DateTime Dict DynamicSupervisor EEx"
    " Elixir Enum Enumerable ErlangError Exception ExUnit File Float Function GenEvent GenServer HashDict HashSet IEx IO"
    " Inspect Integer Kernel Keyword List Logger Macro Map MapSet Mix Module NaiveDateTime Node OptionParser PartitionSupervisor"
    " Path Port Process Protocol Range Record Regex Registry Set Stream String StringIO Supervisor System Task Time Tuple URI"
    " Version"
)
_ELIXIR = frozenset(_ELIXIR_NAMES.split())
"""First names of Elixir's own modules, for frames that name no application."""

_OTP_NAMES = (
    "application application_controller application_master array atomics base64 beam_lib binary calendar code code_server"
    " counters crypto dets dict digraph disk_log epp erl_anno erl_bits erl_compile erl_error erl_eval erl_internal erl_lint"
    " erl_parse erl_pp erl_scan erl_tar erlang erpc erts_debug error_handler error_logger escript ets eunit eunit_proc"
    " eunit_test file file_io_server file_server filelib filename gb_sets gb_trees gen gen_event gen_fsm gen_server gen_statem"
    " gen_tcp gen_udp global group group_leader heart httpc httpc_handler httpc_request httpd inet inet_db inet_res inets init"
    " io io_lib io_lib_format io_lib_pretty json lists logger logger_backend logger_server logger_std_h maps math mnesia"
    " mnesia_tm net_adm net_kernel orddict ordsets os peer persistent_term pg pool proc_lib proplists public_key qlc queue"
    " rand random re rpc sets shell slave socket sofs ssl ssl_gen_statem string supervisor supervisor_bridge sys timer"
    " tls_connection tls_gen_connection tls_sender uri_string user_drv xmerl_scan zip zlib ct_framework test_server"
)
_OTP = frozenset(_OTP_NAMES.split())
"""Modules of Erlang/OTP, for frames that name no application: their files have no folder."""

_DEPENDENCY = re.compile(r"(?:^|/)deps/|(?:^|/)_build/[^/]{1,80}/(?:lib|plugins)/([a-z][a-z0-9_]{0,80})/")
_INSTALLED = re.compile(r"/lib/(?:erlang|elixir)/|/(?:otp|elixir)[-/][0-9]")
_GENERATED = re.compile(r"^elixir_compiler_[0-9]{1,9}$|_escript__[0-9_]{1,60}$")
_INNER = re.compile(r"^-(?:fun\.|inlined-)?([^/\n]{1,200})/[0-9]{1,3}[-.]")
_OVERRIDABLE = re.compile(r" \(overridable [0-9]{1,4}\)$")
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@remember(NAMES_CACHED_MAX)
def locate(
    application: str,
    file: str,
    module: str,
    function: str,
) -> tuple[str, str, bool]:
    """Tell a frame's module and function, and whether it is in-app.

    `application` is empty where a frame names none. Modules are without Elixir's prefix, so that `'Elixir.Shop.Pay'` and
    `Shop.Pay` agree; what compilers generate leads back to the function (`-run/1-fun-0-` is `run`).
    """
    module = module.strip("'\"").removeprefix("Elixir.").lstrip(":").strip("\"'")
    function = function.strip("'\"")
    is_script = not module or _GENERATED.search(module) is not None
    in_app = not _is_library(application, file, "" if is_script else module)
    if function.startswith("-"):
        inner = _INNER.match(function)
        function = inner.group(1) if inner else function
    function = (
        _OVERRIDABLE.sub("", function).removeprefix("MACRO-") if " " in function or "MACRO-" in function else function
    )
    if is_script:  # the compiler's own names
        module = file.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or module
        if function in ("__FILE__", "__MODULE__", "(file)", "(module)"):
            function = "(file)"
    return module, function, in_app


def _is_library(application: str, file: str, module: str) -> bool:
    if application:
        return application in LIBRARIES or application.startswith("opentelemetry_")
    path = file.replace("\\", "/")
    dependency = _DEPENDENCY.search(path) if "/" in path else None
    if dependency is not None and (dependency.group(1) is None or dependency.group(1) in LIBRARIES):
        return True
    if _INSTALLED.search(path) is not None:
        return True
    if module[:1].isupper():
        first = module.partition(".")[0]
        return first in _ELIXIR or _CAPITAL.sub("_", first).lower() in LIBRARIES or first == "OpenTelemetry"
    if module in _OTP or module.startswith(("elixir_", "otel_", "opentelemetry")) or module == "elixir":
        return True
    return module in LIBRARIES or (
        "_" in module and module.partition("_")[0] in ("cowboy", "ranch", "hackney", "cow", "gun")
    )
