//! `bare serve FILE` prints its address and answers every request with the headers and the body of the file,
//! until its standard input ends. `bare argon2id THREADS SECONDS` prints how many passwords so many threads
//! hash in a second.

use std::future::ready;
use std::io::{Read, Write, stdin, stdout};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::routing::get;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", file] => serve(&std::fs::read_to_string(file)?).await,
        ["argon2id", threads, seconds] => {
            let rate = rate(threads.parse()?, Duration::try_from_secs_f64(seconds.parse()?)?)?;
            Ok(writeln!(stdout(), "{rate}")?)
        }
        _ => bail!("usage: bare serve FILE | bare argon2id THREADS SECONDS"),
    }
}

/// The file is like an HTTP response without the first line: headers, an empty line, the body.
async fn serve(answer: &str) -> Result<()> {
    let (head, body) = answer.split_once("\n\n").context("no empty line ends the headers")?;
    let mut headers = HeaderMap::new();
    for line in head.lines() {
        let (name, value) = line.split_once(": ").context("a header is `name: value`")?;
        headers.append(name.parse::<HeaderName>()?, value.parse::<HeaderValue>()?);
    }
    let body = Bytes::copy_from_slice(body.as_bytes());
    let app = Router::new().route("/{*path}", get(move || ready((headers, body))));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(stdout(), "http://{}", listener.local_addr()?)?;
    thread::spawn(|| {
        let _ = stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    Ok(axum::serve(listener, app).await?)
}

/// With the parameters of `src/accounts/password.rs` and, as there, with reused memory.
fn rate(threads: u32, time: Duration) -> Result<f64> {
    let params = Params::new(19_456, 2, 1, None).map_err(|error| anyhow!("{error}"))?;
    let began = Instant::now();
    let hash = || {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let mut memory = vec![Block::default(); params.block_count()];
        let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
        let mut hashed = 0.0;
        while began.elapsed() < time {
            argon2
                .hash_password_into_with_memory(b"correct horse", b"sixteen bytes...", &mut out, &mut memory)
                .map_err(|error| anyhow!("{error}"))?;
            hashed += 1.0;
        }
        Ok(hashed / began.elapsed().as_secs_f64())
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(hash)).collect();
        running.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?).sum()
    })
}
