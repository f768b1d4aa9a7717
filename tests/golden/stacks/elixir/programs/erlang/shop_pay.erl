%% A shop that fails: every function with an order raises. main([]) lists them, main([Case, Seed]) prints the views of one.
-module(shop_pay).
-export([main/1]).
-export([plain/1, other_function/1, badmatch/1, case_clause/1, if_clause/1, function_clause/1, badarg/1, undef/1, badarith/1]).
-export([comprehension/1, closure/1, thrown/1, exiting/1, wrapped/1]).

plain(Order) -> error({payment_refused, Order}).

other_function(Order) -> error({payment_refused, Order}).

badmatch(Order) -> {ok, Found} = find(Order), Found.

case_clause(Order) -> case find(Order) of {ok, Found} -> Found end.

if_clause(Order) -> if Order < 0 -> lost; Order =:= 0 -> none end.

function_clause(Order) -> only_atoms(Order).

only_atoms(Order) when is_atom(Order) -> Order.

badarg(Order) -> Number = binary_to_integer(<<"order ", (integer_to_binary(Order))/binary>>), Number + 1.

undef(Order) -> Result = shop_nowhere:charge(Order), {ok, Result}.

badarith(Order) -> Total = Order / price(), Total + 1.

comprehension(Order) -> [refuse(Row) || Row <- [Order]] ++ [].

closure(Order) -> lists:foreach(fun(Row) -> error({row_refused, Row}) end, [Order]).

thrown(Order) -> throw({no_payment, Order}).

exiting(Order) -> exit({no_payment, Order}).

wrapped(Order) -> error({error, {card_expired, Order}}).

refuse(Row) -> error({row_refused, Row}).

price() -> persistent_term:get({?MODULE, price}, 0).

find(Order) -> {error, {not_found, Order}}.

main([]) ->
    Skip = [main, module_info],
    [io:format("~s~n", [Name]) || {Name, 1} <- ?MODULE:module_info(exports), not lists:member(Name, Skip)];
main([Name, Seed]) ->
    Order = list_to_integer(Seed) * 1013 + 17,
    try shop_web:deeper(list_to_integer(Seed) rem 3, fun() -> {done, ?MODULE:(list_to_existing_atom(Name))(Order)} end)
    catch Class:Reason:Stack ->
        show("type", io_lib:format("~0tP:~0tP", [Class, 10, Reason, 10], [{chars_limit, 50}])),
        show("otel", io_lib:format("~0tP", [Stack, 10], [{chars_limit, 50}])),
        show("list", io_lib:format("~0tP", [Stack, 100])),
        show("reason", io_lib:format("** Reason for termination ==~n** ~tp~n", [{Reason, Stack}])),
        show("shell", erl_error:format_exception(Class, Reason, Stack))
    end,
    crash(Name, Order).

crash(Name, Order) ->
    logger:remove_handler(default),
    logger:add_handler(default, logger_std_h, #{config => #{type => standard_io}}),
    io:format("#### crash~n"),
    proc_lib:spawn(fun() -> {ok, ?MODULE:(list_to_existing_atom(Name))(Order)} end),
    timer:sleep(100).

show(View, Text) -> io:format("#### ~s~n~ts~n", [View, Text]).
