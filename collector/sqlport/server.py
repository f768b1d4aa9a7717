"""The SQL port: its socket, its thread, and one HTTP request -> one HTTP answer."""

from __future__ import annotations

import logging
import socket
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
import asyncio
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from collector.failures import QueryRefused, StartFailure, StoreRejected
from collector.sqlport import tree
from collector.sqlport.coding import decoder, encoder
from collector.sqlport.engine import EngineConnection
from collector.sqlport.limits import Limits
from collector.sqlport.refuse import EngineNames
from collector.sqlport.request import read_request
from collector.sqlport.settings import capped, engine_settings

logger = logging.getLogger(__name__)


class SqlPort:
    def __init__(self, address: str, *, connect, database: str, metrics, writable: bool = False) -> None:
        self._address, self._connect, self._database, self._metrics, self._writable = address, connect, database, metrics, writable
        self._port = 0
        self._limits = Limits()
        self._workers = ThreadPoolExecutor(16)

    @property
    def port(self) -> int:
        return self._port

    def start(self) -> None:
        host, _, port = self._address.rpartition(":")
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((host, int(port)))
            s.listen(128)
        except OSError as e:
            raise StartFailure(f"Cannot listen for SQL on {self._address}: {e.strerror}; choose another port with --sql 127.0.0.1:PORT.") from e
        self._port = s.getsockname()[1]
        engine = EngineConnection(self._connect)
        self._names = EngineNames(table_functions=frozenset(engine.ask("table_functions")[0]), file_databases=frozenset(engine.ask("file_databases")[0]))
        self._about = engine.ask("about")
        engine.close()
        app = Starlette(routes=[Route("/ping", lambda r: PlainTextResponse("Ok.\n")), Route("/", self._handle, methods=["GET", "POST"])])
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", access_log=False))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [s]}, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(3)

    async def _handle(self, request) -> Response:
        body = await request.body()
        return await asyncio.get_running_loop().run_in_executor(self._workers, self._run, list(request.query_params.multi_items()), dict(request.headers), body)

    def _run(self, fields, headers, body) -> Response:
        qid = uuid.uuid4().hex
        out = {"X-ClickHouse-Query-Id": qid, "X-ClickHouse-Timezone": str(self._about[1]), "X-ClickHouse-Server-Display-Name": "otel-errors"}
        engine = EngineConnection(self._connect)
        try:
            given = dict(fields)
            if self._writable and given.get("query", "").lstrip().upper().startswith("INSERT"):
                return self._insert(engine, given, headers, body, out)
            asked = read_request(fields, headers, body=body, query_id=qid)
            if not asked.statement.strip():
                return PlainTextResponse("Ok.\n")
            engine.use(asked.database or self._database)
            form = asked.default_format
            if not self._writable:
                engine.set({"readonly": "0"}) if False else None
                settings = {**engine_settings(asked.settings, is_known=lambda n: bool(engine.ask("is_setting", setting=n)[0])), **capped(asked.settings, self._limits, whole=True)}
                engine.set(settings)
                engine.set({"readonly": "1"})
                st = tree.parse(engine, asked.statement, asked.parameters)
                v = tree.verdict(st, engine, parameters=asked.parameters, names=self._names)
                form = v.format or form
            data = engine.run(asked.statement, asked.parameters, form).bytes() or b""
            out["X-ClickHouse-Format"] = form
            enc = encoder(asked.coding)
            if enc:
                data = enc.compress(data) + enc.flush()
                out["Content-Encoding"] = asked.coding
            return Response(data, headers=out, media_type="text/plain")
        except (QueryRefused, StoreRejected) as e:
            out["X-ClickHouse-Exception-Code"] = str(e.code)
            return PlainTextResponse(f"Code: {e.code}. DB::Exception: {e}\n", status_code=400 if e.code != 497 else 403, headers=out)
        finally:
            engine.close()

    def _insert(self, engine, given, headers, body, out) -> Response:
        import re
        import tempfile
        dec = decoder(headers.get("content-encoding", ""), blocks=False)
        data = b"".join(dec.feed(body))
        engine.use(given.get("database") or self._database)
        from collector.sqlport.settings import TRANSPORT
        settings = {k: v for k, v in given.items() if k not in TRANSPORT and not k.startswith("param_")}
        engine.set(settings)
        st = given["query"]
        m = re.match(r"(?is)\s*(INSERT INTO .*?)\s+FORMAT\s+(\w+)\s*(.*)$", st)
        with tempfile.NamedTemporaryFile() as f:
            f.write(data)
            f.flush()
            if m:
                engine.run(f"{m[1]} FROM INFILE '{f.name}' FORMAT {m[2]}")
            else:
                engine.run(st + "\n" + data.decode())
        return PlainTextResponse("", headers=out)
