"""Record golden stacks of the JVM: compile the programs with several compilers, run them under several JDKs.

    python tests/golden/record_jvm.py JARS JAVA_HOME...

JARS is a folder with one folder of jars (from Maven Central) per name in `TOOLS`; `kotlinc` and `scalac` of the
distribution are the older compilers, so `PATH` must have them. The JAVA_HOMEs are run in order; the first also compiles.
With each run the line numbers (blank lines in front) and the ids in messages change. Then run the golden tests with
`ACCEPT_GOLDEN=1`. `programs/README.md` says which versions were used.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "stacks" / "jvm"
PROGRAMS = HERE / "programs"
TOOLS = ("java", "spring", "kotlin", "scala213", "scala3", "groovy", "clojure")
CHARS_MAX = 6 * 1024
LINES_MAX = 60
LOGGED = ("jdk17-3", "jdk25-4")
"""Variants of which the stacks as loggers print them are kept too."""


def run(*command: str | Path, cwd: Path) -> str:
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, cwd=cwd)
    if ran.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{ran.stderr[-2000:]}")
    return ran.stdout


def shifted(pattern: str, lines: int, folder: Path) -> list[Path]:
    """Copy programs with blank lines in front."""
    copies = []
    for program in sorted(PROGRAMS.glob(pattern)):
        copy = folder / program.relative_to(PROGRAMS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text("\n" * lines + program.read_text())
        copies.append(copy)
    return copies


def keep(text: str, variant: str, case: str = "") -> None:
    """Write every view of a program's output to its file, without the folders of this machine."""
    text = re.sub(r"~?\[(?:out|classes)[^\]]*/:na\]", "~[classes!/:1.0]", text)
    for view in text.split("#### ")[1:]:
        name, _, stack = view.partition("\n")
        if name in ("packaging", "rootfirst", "short") and variant not in LOGGED:
            continue
        error, variant_of = (f"java_{case}", f"{variant}-{name}".removesuffix("-seen")) if case else (name, variant)
        if len(stack) > CHARS_MAX:
            stack = "".join(stack.splitlines(keepends=True)[:LINES_MAX])
        (HERE / f"{error}~{variant_of}.txt").write_text(stack)


def java(root: Path, jars: dict[str, str], homes: list[Path]) -> None:
    names = re.findall(
        r"public void (\w+)\(int seed\)",
        "".join((PROGRAMS / "java/com/shop" / f"{name}.java").read_text() for name in ("Orders", "Proxied")),
    )
    classpath = f"{jars['java']}:{jars['spring']}"
    for number, home in enumerate(homes):
        classes = root / f"out{number}"
        sources = shifted("java/com/shop/*.java", 2 * number, root / f"source{number}")
        own = [source for source in sources if source.stem in ("Errors", "Gateway", "Store", "Orders")]
        compiler = home if (home / "bin/javac").exists() else homes[0]
        release = ["--release", "8"] if compiler != home else []
        # Old class files for a part: they name nested lambdas and join strings otherwise.
        run(compiler / "bin/javac", *release, "-d", classes, *own, cwd=root)
        rest = [source for source in sources if source not in own]
        run(compiler / "bin/javac", "-d", classes, "-cp", f"{classes}:{classpath}", *rest, cwd=root)
        for case in names:
            for seed in (3 + number, 4 + number)[: 1 + (number == 0)]:
                program = ("-cp", f"{classes.name}:{classpath}", "com.shop.Shop", case, str(seed))
                keep(run(home / "bin/java", *program, cwd=root), f"{home.name}-{seed}", case)


def others(root: Path, jars: dict[str, str], homes: list[Path]) -> None:
    javas = [home / "bin/java" for home in homes]
    kotlin_library = next(jar for jar in jars["kotlin"].split(":") if "kotlin-stdlib" in jar)
    scala3_libraries = ":".join(
        jar for jar in jars["scala3"].split(":") if "/scala-library" in jar or "library_3" in jar
    )
    for lines in (0, 3):
        shifted("*/**/*.*", lines, root / f"others{lines}")
    old, new = root / "others0", root / "others3"
    run("kotlinc", old / "kotlin/Shop.kt", "-d", "kotlin_old", cwd=root)
    kotlin = "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"
    options = ("-no-stdlib", "-no-reflect", "-cp", kotlin_library)
    run(javas[0], "-cp", jars["kotlin"], kotlin, *options, "-d", "kotlin_new", new / "kotlin/Shop.kt", cwd=root)
    for number, folder in enumerate(("kotlin_old", "kotlin_new")):
        ran = run(javas[number], "-cp", f"{folder}:{kotlin_library}", "com.shop.ShopKt", str(4 + number), cwd=root)
        keep(ran, ("1.3", "2.4")[number])
    for folder in ("scala_211", "scala_213", "scala_3"):
        (root / folder).mkdir()
    run("scalac", "-d", "scala_211", old / "scala/Shop.scala", cwd=root)
    keep(run("scala", "-cp", "scala_211", "shop.Main", "4", cwd=root), "2.11")
    scala2 = ("-cp", jars["scala213"], "scala.tools.nsc.Main", "-cp", jars["scala213"])
    run(javas[0], *scala2, "-d", "scala_213", new / "scala/Shop.scala", cwd=root)
    keep(run(javas[0], "-cp", f"scala_213:{jars['scala213']}", "shop.Main", "51", cwd=root), "2.13")
    scala3 = ("-cp", jars["scala3"], "dotty.tools.dotc.Main", "-cp", scala3_libraries)
    run(javas[0], *scala3, "-d", "scala_3", new / "scala/Shop.scala", cwd=root)
    keep(run(javas[1], "-cp", f"scala_3:{scala3_libraries}", "shop.Main", "677", cwd=root), "3.3")
    keep(run("groovy", old / "groovy/Shop.groovy", "4", cwd=root), "2.4")
    groovy = ("-cp", jars["groovy"], "groovy.ui.GroovyMain", new / "groovy/Shop.groovy")
    keep(run(javas[0], *groovy, "51", cwd=root), "4.0")
    main = ("clojure.main", "-m", "shop.core")
    debian = "/usr/share/java/clojure.jar:/usr/share/java/spec.alpha.jar:/usr/share/java/core.specs.alpha.jar"
    keep(run(javas[0], "-cp", f"{old}/clojure:{debian}", *main, "4", cwd=root), "1.11")
    keep(run(javas[1], "-cp", f"{new}/clojure:{jars['clojure']}", *main, "51", cwd=root), "1.12")


if __name__ == "__main__":
    found = {tool: ":".join(sorted(map(str, (Path(sys.argv[1]) / tool).resolve().glob("*.jar")))) for tool in TOOLS}
    with tempfile.TemporaryDirectory() as temporary:
        java(Path(temporary), found, [Path(home) for home in sys.argv[2:]])
        others(Path(temporary), found, [Path(home) for home in sys.argv[2:]])
