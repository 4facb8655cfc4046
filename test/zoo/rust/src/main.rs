//! The zoo's parts on rmcp: `zoo server stdio`, `zoo server http PORT`, and `zoo client JSON`.

mod client;
mod server;
mod talking_tools;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["client", input] => client::run(input).await,
        ["server", "stdio"] => server::serve_stdio().await,
        ["server", "http", port] => server::serve_http(port).await,
        _ => panic!("zoo server stdio, zoo server http PORT or zoo client JSON"),
    }
}
