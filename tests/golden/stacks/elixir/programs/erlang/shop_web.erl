%% What stands around the program.
-module(shop_web).
-export([deeper/2]).

deeper(0, Call) -> Call();
deeper(Depth, Call) -> Result = deeper(Depth - 1, Call), {deeper, Result}.
