r"""PHP: a frame's path tells package or program where it is sent; else the namespace does.

A function is `Namespace\Class->method`, `Namespace\Class::method`, `Namespace\function`, or with dots for all of these in
the OpenTelemetry SDK's form. The module is the class, the namespace of a function, or the file's base name where there is
neither. Closures are named by nothing before PHP 8.4 and by class and line since:

    App\Orders->App\{closure}                  App\Orders, {closure}
    App.Orders.App.{closure}                    App\Orders, {closure}
    App\Orders->{closure:App\Orders::pay():12}  App\Orders, {closure}
    class@anonymous<NUL>/srv/pay.php:12$0->run  pay.class@anonymous, run
    {main}, require_once                        the file's base name, {main}
"""

from __future__ import annotations

import re

from collector.stacks.remember import remember

NAMES_CACHED_MAX = 8192
"""Names and files that are remembered, about 0.5 KB each: a program has some thousands, and they repeat."""

CLOSURE = "{closure}"
MAIN = "{main}"

_PACKAGE_FOLDERS = re.compile(
    r"(?:^|/)(?:vendor|wp-includes|wp-admin|usr/share/(?:php|pear)|core/lib/Drupal|var/cache/[^/]{1,40}/Container[^/]{1,40})/"
)
LIBRARIES = tuple(
    f"{namespace}\\"
    for namespace in (
        *(
            "Amp",
            "ApiPlatform",
            "Aws",
            "Barryvdh",
            "Behat",
            "Brick",
            "Cake",
            "Carbon",
            "Clue",
            "CodeIgniter",
            "Codeception",
        ),
        *("Composer", "Cycle", "DI", "Doctrine", "Dompdf", "Drupal\\Component", "Drupal\\Core", "EasyCorp", "Elastic"),
        *(
            "Elasticsearch",
            "Endroid",
            "FOS",
            "FastRoute",
            "Faker",
            "Filament",
            "Firebase",
            "Fruitcake",
            "Gedmo",
            "Google",
        ),
        *(
            "GraphQL",
            "Grpc",
            "Guzzle",
            "GuzzleHttp",
            "Hyperf",
            "Illuminate",
            "Imagick",
            "Inertia",
            "Intervention",
            "JMS",
        ),
        *(
            "Jean85",
            "Knp",
            "Laminas",
            "Laravel",
            "LaravelZero",
            "Lcobucci",
            "League",
            "Livewire",
            "Maatwebsite",
            "Magento",
        ),
        *(
            "Mockery",
            "MongoDB",
            "Monolog",
            "Nelmio",
            "Nette",
            "Nyholm",
            "Opis",
            "OpenTelemetry",
            "PDepend",
            "PHPMailer",
        ),
        *(
            "PHPUnit",
            "Pest",
            "Phalcon",
            "PhpAmqpLib",
            "PhpOffice",
            "PhpParser",
            "Pimple",
            "Predis",
            "Psr",
            "Psy",
            "Ramsey",
        ),
        *(
            "React",
            "Revolt",
            "Sabre",
            "SebastianBergmann",
            "Sentry",
            "Sensio",
            "Slim",
            "Spatie",
            "Spiral",
            "Stripe",
            "Swoole",
        ),
        *("Symfony", "TYPO3\\CMS", "Termwind", "Tightenco", "Twig", "Twilio", "Tymon", "Yiisoft", "Zend", "Zenstruck"),
        *("phpDocumentor", "phpseclib3", "phpseclib", "yii\\base", "yii\\console", "yii\\db", "yii\\di", "yii\\web"),
    )
)
_PROXY = re.compile(r".{0,200}\\__CG__\\|(?:Ghost|Proxy)[0-9a-f]{7}$")
_ANONYMOUS = re.compile(r"@anonymous(?:[^\w.>:-][^\n]{0,1000}?\$[0-9a-f]{1,8})?")
_EVALUATED = re.compile(r"\([0-9]{1,9}\) : .*")
_SUFFIX = re.compile(r"\.(?:blade\.)?(?:php[0-9s]?|phtml|inc|phar)$")
_FILES = frozenset({MAIN, "(main)", "include", "include_once", "require", "require_once"})
UNKNOWN = "Unknown Source"


@remember(NAMES_CACHED_MAX)
def locate(name: str, file: str) -> tuple[str, str, bool]:
    """Tell module, function and in-app of a function's name and the file of its code, a path or a base name.

    In-app is what has a file outside of `vendor` and of the folders of WordPress's and Drupal's cores, and a namespace that
    no usual library has. PHP's own functions have no file.
    """
    path = file.replace("\\", "/") if "\\" in file else file
    in_app = file != UNKNOWN and bool(file) and _PACKAGE_FOLDERS.search(path) is None
    base = _base(path)
    if name in _FILES:
        return base, MAIN, in_app
    if "@anonymous" in name:
        name = _ANONYMOUS.sub("@anonymous", name, count=1)
    if CLOSURE[:-1] in name:
        module, function = _closure(name), CLOSURE
    else:
        owner, separator, function = _split(name)
        module = owner.replace(".", "\\") if separator == "." else owner
    if module.startswith("class@anonymous"):
        module = f"{base}.{module}"
    proxy = _PROXY.sub("", module) if "__CG__" in module or "Ghost" in module or "Proxy" in module else module
    if proxy != module:
        return proxy, function, False
    if in_app and f"{module}\\".startswith(LIBRARIES):
        in_app = False
    return module or base, function, in_app


def _base(path: str) -> str:
    """A file's base name without its ending."""
    if path == UNKNOWN:
        return ""
    if " : " in path:
        path = _EVALUATED.sub("", path)
    base = path.rpartition("/")[2]
    return base[:-4].removesuffix(".blade") if base.endswith(".php") else _SUFFIX.sub("", base)


def _split(name: str) -> tuple[str, str, str]:
    """Cut off the function."""
    for separator in ("->", "::", "\\", "."):
        owner, found, function = name.rpartition(separator)
        if found:
            return owner, separator, function
    return "", "", name


def _closure(name: str) -> str:
    """The class of a closure, empty if it is in none."""
    owner, _, inside = name.partition(CLOSURE[:-1])
    if "::" in inside:  # since PHP 8.4: {closure:App\\Orders::pay():12}
        return inside[1:].partition("::")[0].replace(".", "\\")
    for separator in ("->", "::"):
        if separator in owner:
            return owner.partition(separator)[0]
    if "." in owner:  # Class.Namespace. with dots: the namespace, which the class begins with, stands twice
        parts = owner.rstrip(".").split(".")
        for size in range(1, len(parts) // 2 + 1):
            if parts[:size] == parts[-size:] and len(parts) > 2 * size - 1:
                return "\\".join(parts[:-size])
    return ""
