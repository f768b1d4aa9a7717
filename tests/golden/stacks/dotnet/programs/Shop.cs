// Errors of a shop, one a case: `Shop.exe CASE SEED` prints each view of the case as "#### VIEW", then Exception.ToString().
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;

namespace Acme.Shop
{
    public class PaymentError : Exception
    {
        public PaymentError(string message, Exception inner = null) : base(message, inner) { }
    }

    public class QueryError : Exception
    {
        readonly Guid connection = Guid.NewGuid();
        public QueryError(string message) : base(message) { }
        // Database clients add such lines after the stack.
        public override string ToString() { return base.ToString() + "\nClientConnectionId:" + connection + "\nError Number:1205,State:51,Class:13"; }
    }

    public class Refused<T> : Exception
    {
        public Refused(string message) : base(message) { }
    }

    public static class Gateway
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static void Connect(string host)
        {
            throw new IOException(host + ":5432 does not answer");
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static void Charge(int order)
        {
            try { Connect("db" + order + ".internal"); }
            catch (IOException down) { throw new PaymentError("no payment for order " + order, down); }
        }

        public static async Task ChargeAsync(int order)
        {
            await Task.Delay(1);
            Charge(order);
        }

        public static async Task<int> RefuseAsync(int order)
        {
            await Task.Yield();
            throw new PaymentError("card of order " + order + " refused");
        }
    }

    public interface IStock { int Left(int item); }

    public class Stock<T> : IStock
    {
        readonly Dictionary<int, T> items = new Dictionary<int, T>();
        [MethodImpl(MethodImplOptions.NoInlining)]
        public T Find(int item) { return items[item]; }
        [MethodImpl(MethodImplOptions.NoInlining)]
        int IStock.Left(int item) { throw new PaymentError("item " + item + " is out"); }
        public int Size
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            get { throw new PaymentError("size " + items.Count + " is odd"); }
        }
        public class Shelf
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            public void Take<TItem>(TItem item, int[] counts) { throw new Refused<TItem>("no " + item + " here"); }
        }
    }

    public class Config
    {
        public static readonly string Path = Load(Program.Seed);
        static string Load(int seed) { throw new PaymentError("no config /etc/shop/" + seed + ".json"); }
    }

    public class Basket
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public Basket(int customer) { throw new PaymentError("customer " + customer + " has no basket"); }
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static Basket operator +(Basket a, Basket b) { throw new PaymentError("baskets of two"); }
    }

    public static class Cases
    {
        public static void Plain(int seed) { Check("order-" + seed); }
        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Check(string order) { throw new PaymentError("bad " + order); }
        public static void OtherFunction(int seed) { Verify("order-" + seed); }
        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Verify(string order) { throw new PaymentError("bad " + order); }
        public static void OtherType(int seed) { CheckArgument("order-" + seed); }
        [MethodImpl(MethodImplOptions.NoInlining)]
        static void CheckArgument(string order) { throw new ArgumentException("bad " + order, "order"); }

        public static void Cause(int seed) { Gateway.Charge(seed); }
        public static void CauseOther(int seed)
        {
            try { int.Parse("x" + seed); } catch (FormatException e) { throw new PaymentError("no payment for order " + seed, e); }
        }
        public static void ChainOfThree(int seed)
        {
            try { Gateway.Charge(seed); } catch (PaymentError e) { throw new InvalidOperationException("checkout " + seed + " failed", e); }
        }
        public static void Waited(int seed) { Gateway.ChargeAsync(seed).Wait(); }
        public static void Awaited(int seed) { Outer(seed).GetAwaiter().GetResult(); }
        static async Task Outer(int seed) { await Middle(seed); }
        static async Task<int> Middle(int seed) { return await Gateway.RefuseAsync(seed); }
        public static void WaitedForAll(int seed)
        {
            var all = new List<Task>();
            for (int i = 0; i < 1 + seed; i++) all.Add(Gateway.ChargeAsync(seed + i));
            all.Add(Gateway.RefuseAsync(seed));
            Task.WaitAll(all.ToArray());
        }
        public static void GroupInGroup(int seed)
        {
            throw new AggregateException("batch " + seed, new PaymentError("first " + seed), new AggregateException(new IOException("second " + seed)));
        }
        public static void Lambda(int seed) { Func<int> f = () => { throw new PaymentError("in a lambda " + seed); }; f(); }
        public static void AsyncLambda(int seed)
        {
            Func<Task> f = async () => { await Task.Yield(); throw new PaymentError("in an async lambda " + seed); };
            f().GetAwaiter().GetResult();
        }
        static IEnumerable<int> Rows(int seed) { yield return 1; throw new PaymentError("row " + seed); }
        public static void Iterator(int seed) { foreach (var row in Rows(seed)) GC.KeepAlive(row); }
        public static void Linq(int seed) { Enumerable.Range(0, 3).Select(i => seed / (i - i)).ToList(); }
        public static void KeyNotFound(int seed) { new Stock<string>().Find(seed); }
        public static void Explicit(int seed) { ((IStock)new Stock<int>()).Left(seed); }
        public static void Property(int seed) { GC.KeepAlive(new Stock<long>().Size); }
        public static void NestedGeneric(int seed) { new Stock<int>.Shelf().Take("item " + seed, new int[seed]); }
        public static void StaticConstructor(int seed) { GC.KeepAlive(Config.Path); }
        public static void Constructor(int seed) { GC.KeepAlive(new Basket(seed)); }
        public static void Operator(int seed) { GC.KeepAlive((Basket)null + null); }
        public static void NullReference(int seed) { string text = seed < 0 ? "" : null; GC.KeepAlive(text.Length); }
        public static void GenericA(int seed) { General(seed, true); }
        public static void GenericB(int seed) { General(seed, false); }
        [MethodImpl(MethodImplOptions.NoInlining)]
        static void General(int seed, bool stock) { throw new Exception(stock ? "out of stock: " + seed : "card expired: " + seed); }
        public static void MessageLines(int seed) { throw new PaymentError("order " + seed + " failed:\n  - item " + seed + "\n  at the door (or before)\n\nsee above"); }
        public static void Added(int seed) { throw new QueryError("deadlock of process " + seed); }
        public static void AddedInside(int seed)
        {
            try { throw new QueryError("deadlock of process " + seed); } catch (QueryError e) { throw new PaymentError("no rows " + seed, e); }
        }
        public static void Reflected(int seed)
        {
            typeof(Cases).GetMethod("Check", BindingFlags.Static | BindingFlags.NonPublic).Invoke(null, new object[] { "order-" + seed });
        }
        public static void Dispatched(int seed)
        {
            ExceptionDispatchInfo kept = null;
            var thread = new Thread(() => { try { Gateway.Connect("dispatched" + seed); } catch (IOException e) { kept = ExceptionDispatchInfo.Capture(e); } });
            thread.Start(); thread.Join();
            kept.Throw();
        }
        public static void NeverThrown(int seed) { Program.Show("never", new PaymentError("not thrown " + seed, new IOException("nor this"))); }
        static void Deeper(int seed) { RuntimeHelpers.EnsureSufficientExecutionStack(); Deeper(seed + 1); Deepest(seed); }
        static void Deepest(int seed) { GC.KeepAlive(seed); }
        public static void Recursion(int seed) { var thread = new Thread(() => { try { Deeper(seed); } catch (Exception e) { Program.Show("seen", e); } }, 160 * 1024 + seed * 16384); thread.Start(); thread.Join(); }
        public static void Views(int seed)
        {
            try
            {
                try { Check("view-" + seed); } catch (Exception e) { Program.Show("inner", e); throw; }
            }
            catch (Exception e) { Program.Show("outer", e); throw; }
        }
    }

    public static class Program
    {
        public static int Seed;

        public static void Show(string view, Exception error) { Console.WriteLine("#### " + view); Console.WriteLine(error.ToString()); }

        static void Call(MethodInfo method, int depth)
        {
            if (depth > 0) { Call(method, depth - 1); return; }
            var run = (Action<int>)Delegate.CreateDelegate(typeof(Action<int>), method);
            run(Seed);
        }

        public static void Main(string[] args)
        {
            if (args.Length == 0)
            {
                foreach (var method in typeof(Cases).GetMethods(BindingFlags.Static | BindingFlags.Public)) Console.WriteLine(method.Name);
                return;
            }
            Seed = int.Parse(args[1]);
            try { Call(typeof(Cases).GetMethod(args[0]), Seed % 3); } catch (Exception e) { Show("seen", e); }
        }
    }
}
