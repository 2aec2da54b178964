//! Sends each request of a listing with reqwest: native|rustls BASE LISTING.

use std::io::Read;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let ca = reqwest::Certificate::from_pem(&std::fs::read(std::env::var("SSL_CERT_FILE")?)?)?;
    let builder = reqwest::blocking::Client::builder().add_root_certificate(ca);
    let client = match arguments[1].as_str() {
        "native" => builder.use_native_tls(),
        _ => builder.use_rustls_tls(),
    }
    .build()?;
    let all: serde_json::Value = serde_json::from_slice(&std::fs::read(&arguments[3])?)?;
    for asked in all.as_array().unwrap() {
        let url = format!("{}{}", arguments[2], asked["path"].as_str().unwrap());
        let mut request = client.post(url).body(asked["body"].as_str().unwrap().to_string());
        for (name, value) in asked["headers"].as_object().unwrap() {
            request = request.header(name, value.as_str().unwrap());
        }
        let mut reply = request.send()?;
        let mut body = String::new();
        reply.read_to_string(&mut body)?;
        println!("{}\n{}", reply.status().as_u16(), body);
    }
    Ok(())
}
