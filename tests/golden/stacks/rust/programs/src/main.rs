// Errors that carry a backtrace, as their crates print them: shop CASE SEED. Every view begins with "#### name", one
// line of JSON with what is sent beside the text, and the text.
use std::backtrace::Backtrace;
use std::error::Error;
use std::fmt;

use anyhow::Context;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing::instrument;
use tracing_subscriber::prelude::*;

#[derive(Debug, thiserror::Error)]
#[error("no stock for item {0}")]
pub struct NoStock(usize);

#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    #[error("cannot reserve order {order}")]
    Reserve { order: usize, source: NoStock },
}

/// An error with a backtrace of its own.
pub struct Traced(usize, Backtrace);
impl fmt::Display for Traced {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "no stock for item {}", self.0)
    }
}
impl fmt::Debug for Traced {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "no stock for item {}\n{}", self.0, self.1)
    }
}
impl Error for Traced {}

mod store {
    use super::*;

    #[inline(never)]
    pub fn plain(item: usize) -> anyhow::Result<()> {
        Err(anyhow::anyhow!("no stock for item {item}"))
    }
    #[inline(never)]
    pub fn other(item: usize) -> anyhow::Result<()> {
        let item = std::hint::black_box(item); // or the optimiser makes one function of two
        Err(anyhow::anyhow!("no stock for item {item}"))
    }
    #[inline(never)]
    pub fn either(item: usize, recalled: bool) -> anyhow::Result<()> {
        if recalled {
            anyhow::bail!("item {item} was recalled");
        }
        let failed = Err(NoStock(item).into());
        std::hint::black_box(&failed); // or a tail call takes this function out of the stack
        failed
    }
    #[inline(never)]
    pub fn sourced(item: usize) -> anyhow::Result<()> {
        let failed = Err(OrderError::Reserve { order: item, source: NoStock(item) }.into());
        std::hint::black_box(&failed);
        failed
    }
    #[inline(never)]
    pub fn eyre(item: usize) -> eyre::Result<()> {
        Err(eyre::eyre!("no stock for item {item}"))
    }
    #[inline(never)]
    #[instrument]
    pub fn spanned(item: usize) -> eyre::Result<()> {
        Err(eyre::eyre!("no stock for item {item}"))
    }
    #[inline(never)]
    pub fn traced(item: usize) -> Traced {
        Traced(item, Backtrace::force_capture())
    }
    pub async fn later(item: usize) -> anyhow::Result<()> {
        tokio::task::yield_now().await;
        Err(anyhow::anyhow!("no stock for item {item}"))
    }
}

#[inline(never)]
fn reserve(result: anyhow::Result<()>, seed: usize) -> anyhow::Result<()> {
    result.with_context(|| format!("cannot reserve order {seed}"))
}

#[inline(never)]
fn deep(left: usize, call: &dyn Fn()) {
    if left > 0 {
        deep(left - 1, call);
    } else {
        call();
    }
}

fn view(name: &str, kind: &str, message: String, text: String) {
    println!("#### {name}\n{{\"language\": \"rust\", \"type\": \"{kind}\", \"message\": \"{message}\"}}\n{text}");
}

fn seen<E: fmt::Display + fmt::Debug>(kind: &str, error: E) {
    view("seen", kind, error.to_string(), format!("{error:?}"));
}

const CASES: &str = "anyhow anyhow_other anyhow_context anyhow_context_recalled anyhow_source anyhow_task eyre eyre_source \
                     backtrace backtrace_debug tracing tracing_source";
const COLOURED: &str = "color_eyre color_eyre_context span_trace color_panic task_panic";

fn coloured(case: &str, seed: usize) {
    use eyre::WrapErr;
    match case {
        "color_eyre" => seen("", store::eyre(seed).unwrap_err()),
        "color_eyre_context" => seen("", store::eyre(seed).wrap_err(format!("cannot reserve order {seed}")).unwrap_err()),
        "span_trace" => seen("", store::spanned(seed).unwrap_err()),
        "color_panic" => panic!("order {seed} is lost"),
        _ => {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
            let _ = runtime.block_on(async move { tokio::spawn(async move { lose_later(seed).await }).await });
        }
    }
}

async fn lose_later(seed: usize) {
    tokio::task::yield_now().await;
    panic!("order {seed} is lost");
}

fn traced(error: &(dyn Error + 'static)) {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("shop"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        tracing::info_span!("order").in_scope(|| tracing::error!(error = error, "request failed"));
    });
    for span in exporter.get_finished_spans().unwrap() {
        for event in span.events.iter() {
            let get = |key: &str| event.attributes.iter().find(|a| a.key.as_str() == key).map(|a| a.value.to_string());
            let texts = ["exception.type", "exception.message", "exception.stacktrace"].map(|k| get(k).unwrap_or_default());
            view("seen", &texts[0], texts[1].clone(), texts[2].clone());
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.len() == 1 {
        println!("{CASES} {COLOURED}");
        return;
    }
    let (case, seed) = (arguments[1].as_str(), arguments[2].parse::<usize>().unwrap());
    if COLOURED.split(' ').any(|name| name == case) && case != "task_panic" {
        tracing_subscriber::registry().with(tracing_error::ErrorLayer::default()).init();
        color_eyre::install().unwrap();
        return deep(seed % 4, &|| coloured(case, seed));
    }
    deep(seed % 4, &|| match case {
        "anyhow" => seen("", store::plain(seed).unwrap_err()),
        "anyhow_other" => seen("", store::other(seed).unwrap_err()),
        "anyhow_context" => seen("", reserve(store::either(seed, false), seed).unwrap_err()),
        "anyhow_context_recalled" => seen("", reserve(store::either(seed, true), seed).unwrap_err()),
        "anyhow_source" => seen("", store::sourced(seed).unwrap_err()),
        "anyhow_task" => {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            seen("", runtime.block_on(store::later(seed)).unwrap_err());
        }
        "eyre" => seen("", store::eyre(seed).unwrap_err()),
        "eyre_source" => seen("", eyre::Report::new(OrderError::Reserve { order: seed, source: NoStock(seed) })),
        "backtrace" => seen("shop::Traced", store::traced(seed)),
        "backtrace_debug" => {
            let error = store::traced(seed);
            view("seen", "shop::Traced", error.to_string(), format!("{:?}", error.1));
        }
        "tracing" => traced(&NoStock(seed)),
        "tracing_source" => traced(&OrderError::Reserve { order: seed, source: NoStock(seed) }),
        _ => coloured(case, seed),
    });
}
