"""Swift and Objective-C: the binary that a frame lies in tells whose it is, and the module in its name."""

from __future__ import annotations

import re

from collector.stacks.apple_names import read_name
from collector.stacks.remember import remember

NAMES_CACHED_MAX = 8192
"""Frames that are remembered, about 0.7 KB each."""

UNNAMED = "??"
"""The function of a frame whose symbol is not known."""

_LIBRARY_NAMES = """
AVFAudio AVFoundation Accelerate Accounts AppIntents AppKit AttributeGraph AudioToolbox BackBoardServices
BoardServices CFNetwork Charts Cocoa Combine Contacts CoreAudio CoreAutoLayout CoreBluetooth CoreData
CoreFoundation CoreGraphics CoreImage CoreLocation CoreML CoreMedia CoreMotion CoreServices CoreTelephony
CoreText CoreVideo CryptoKit Dispatch EventKit FoundationEssentials FoundationNetworking Foundation
FrontBoardServices GLKit GameKit Glibc GraphicsServices HIToolbox HealthKit IOKit ImageIO JavaScriptCore
MapKit MediaPlayer Metal MetalKit Network Observation PassKit PhotosUI Photos QuartzCore RealityKit
RunningBoardServices SafariServices SceneKit Security ShareSheet SpriteKit StoreKit Swift SwiftData SwiftUI
SwiftUICore Symbols SystemConfiguration TCC Testing UIFoundation UIKit UIKitCore UserNotifications Vision
WatchKit WebCore WebKit WidgetKit XCTAutomationSupport XCTest XCTestCore _Concurrency _StringProcessing dyld
dyld_sim ld-linux-x86-64 linux-vdso Alamofire AsyncHTTPClient Crashlytics FBSDKCoreKit FMDB FirebaseAnalytics
FirebaseCore FirebaseCrashlytics FirebaseFirestore GRPC GRPCCore GoogleMaps GoogleUtilities Hummingbird
Kingfisher Logging Lottie Mantle Metrics Moya NIO NIOConcurrencyHelpers NIOCore NIOHTTP1 NIOHTTP2 NIOPosix
NIOSSL OpenTelemetryApi OpenTelemetrySdk PLCrashReporter PostgresNIO PromiseKit Realm RealmSwift RxCocoa
RxSwift SDWebImage Sentry ServiceLifecycle SnapKit SwiftProtobuf Vapor libdispatch
"""
_LIBRARIES = frozenset(_LIBRARY_NAMES.split())
"""Apple's frameworks and Swift's own modules, and packages that most apps and servers carry."""

_LIBRARY = re.compile(
    r"lib[^/]{1,100}\.(?:dylib|so)(?:\.[0-9.]{1,20})?|.{1,100}\.so(?:\.[0-9.]{1,20})?|(?:NIO|OpenTelemetry|Firebase|XCT)\w{1,60}"
)
_UNKNOWN = re.compile(
    r"0x[0-9a-fA-F]{1,16}|_mh_execute_header|<redacted>|<unknown>|\?{2,3}|__mh_execute_header|<compiler-generated>"
)
_GENERATED = frozenset({"start", "_start", "__libc_start_main", "__libc_start_call_main", "_dyld_start"})


@remember(NAMES_CACHED_MAX)
def locate(symbol: str, binary: str) -> tuple[str, str, bool]:
    """Tell module and function of a symbol in a binary, and whether it is in-app.

    The module is the type with what contains it; the name of the program's own binary before it is dropped, since
    symbolicated crash reports leave it out. A function without a type has the binary as module. A frame without a name is
    in-app if it lies in a binary of the user.
    """
    is_library = binary in _LIBRARIES or _LIBRARY.fullmatch(binary) is not None
    if not symbol or _UNKNOWN.fullmatch(symbol):
        return binary, UNNAMED, bool(binary) and not is_library
    module, function = read_name(symbol)
    if not function:  # a thunk
        return binary, UNNAMED, False
    first, _, rest = module.partition(".")
    is_library = is_library or first in _LIBRARIES or function in _GENERATED
    if first == binary:
        module = rest
    return module or binary, function, not is_library
