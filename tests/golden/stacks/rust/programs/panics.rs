// Panics as Rust programs print them: panics CASE SEED. The standard library alone, so that any compiler takes it.
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

mod store {
    use super::{fmt, HashMap, RefCell};

    #[derive(Debug)]
    pub struct NoStock(pub usize);
    #[derive(Debug)]
    pub enum StoreError {
        Closed { shelf: usize },
    }
    impl fmt::Display for NoStock {
        fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
            write!(f, "no stock for item {}", self.0)
        }
    }
    impl std::error::Error for NoStock {}

    pub struct Store {
        pub shelves: Vec<usize>,
        pub names: HashMap<usize, String>,
        pub log: RefCell<Vec<usize>>,
    }
    pub trait Shelf {
        fn take(&self, at: usize) -> usize;
    }
    impl Shelf for Store {
        #[inline(never)]
        fn take(&self, at: usize) -> usize {
            self.shelves[at]
        }
    }
    pub struct Pick<T> {
        pub items: Vec<T>,
    }
    impl<T: Clone> Pick<T> {
        #[inline(never)]
        pub fn first(&self) -> T {
            self.items.first().unwrap().clone()
        }
    }
    impl Store {
        #[inline(never)]
        pub fn name(&self, item: usize) -> &String {
            self.names.get(&item).unwrap()
        }
        #[inline(never)]
        pub fn other_name(&self, item: usize) -> &String {
            self.names.get(&item).unwrap()
        }
        #[inline(never)]
        pub fn reserve(&self, item: usize) -> usize {
            Err::<usize, NoStock>(NoStock(item)).unwrap()
        }
        #[inline(never)]
        pub fn either(&self, item: usize, open: bool) -> usize {
            let found: Result<usize, Box<dyn fmt::Debug>> =
                if open { Err(Box::new(NoStock(item))) } else { Err(Box::new(StoreError::Closed { shelf: item })) };
            found.unwrap()
        }
        #[inline(never)]
        pub fn expected(&self, item: usize) -> usize {
            Err::<usize, NoStock>(NoStock(item)).expect("the item was counted")
        }
        #[inline(never)]
        pub fn lend(&self) {
            let _first = self.log.borrow_mut();
            self.log.borrow_mut().push(1);
        }
        #[inline(never)]
        pub fn count(&self, item: usize) -> usize {
            item - self.shelves.len().wrapping_sub(1)
        }
        #[inline(never)]
        pub fn check(&self, item: usize) {
            assert_eq!(item, 1, "order {} is not the first", item);
        }
        #[inline(never)]
        pub fn each(&self, items: &[usize]) {
            items.iter().for_each(|item| panic!("no place for item {}", item));
        }
        #[inline(never)]
        pub fn lines(&self, item: usize) {
            panic!("order {} is lost\n\nits lines:\nstack backtrace:\n   0: none", item);
        }
    }
}
use store::{Pick, Shelf, Store};

#[inline(never)]
fn lose(seed: usize) {
    panic!("order {} is lost", seed);
}

#[inline(never)]
fn lose_other(seed: usize) {
    panic!("order {} is lost", seed);
}

#[inline(never)]
fn lose_number(seed: usize) {
    std::panic::panic_any(seed);
}

#[inline(never)]
fn deep(left: usize, call: &dyn Fn()) {
    if left > 0 {
        deep(left - 1, call);
    } else {
        call();
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let cases = "message message_other index unwrap_none unwrap_none_other unwrap_error unwrap_no_stock unwrap_closed \
                 expect borrow overflow assertion closure generic thread boxed lines";
    if arguments.len() == 1 {
        println!("{}", cases);
        return;
    }
    let seed: usize = arguments[2].parse().unwrap();
    let shop = Store { shelves: vec![], names: HashMap::new(), log: RefCell::new(vec![]) };
    deep(seed % 4, &|| match arguments[1].as_str() {
        "message" => lose(seed),
        "message_other" => lose_other(seed),
        "index" => drop(shop.take(seed)),
        "unwrap_none" => drop(shop.name(seed)),
        "unwrap_none_other" => drop(shop.other_name(seed)),
        "unwrap_error" => drop(shop.reserve(seed)),
        "unwrap_no_stock" => drop(shop.either(seed, true)),
        "unwrap_closed" => drop(shop.either(seed, false)),
        "expect" => drop(shop.expected(seed)),
        "borrow" => shop.lend(),
        "overflow" => drop(shop.count(seed)),
        "assertion" => shop.check(seed),
        "closure" => shop.each(&[seed]),
        "generic" => drop(Pick::<String> { items: vec![] }.first()),
        "lines" => shop.lines(seed),
        "thread" => {
            let worker = std::thread::Builder::new().name(format!("worker-{}", seed));
            let _ = worker.spawn(move || lose(seed)).unwrap().join();
        }
        "boxed" => lose_number(seed),
        _ => (),
    });
}
