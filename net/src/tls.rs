//! TLS 1.3 with a key made for the session, as raw public keys (RFC 7250): who is at the other end is proven afterwards (`handshake`).

use std::sync::Arc;

use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring as provider, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::AlwaysResolvesServerRawPublicKeys;
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, ClientConnection, Connection, DigitallySignedStruct, ServerConfig, ServerConnection, SignatureScheme,
};

use crate::error::{Error, Result};

const EXPORTER: &[u8] = b"EXPORTER-cloakwork-link";
const PROTOCOL: &[u8] = b"cloakwork-mpc/1";

/// Both ends of TLS, configured.
#[derive(Debug)]
pub(crate) struct Tls {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl Tls {
    /// With a new key.
    pub(crate) fn new() -> Result<Self> {
        let crypto = Arc::new(provider::default_provider());
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| broken("no random key"))?;
        let key = provider::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(document.as_ref())).map_err(tls)?;
        let public = key.public_key().ok_or_else(|| broken("the key has no public half"))?;
        let certified = CertifiedKey::new(vec![CertificateDer::from(public.to_vec())], key);
        let mut server = ServerConfig::builder_with_provider(Arc::clone(&crypto))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(tls)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(Arc::new(certified))));
        let verifier = AnyKey(crypto.signature_verification_algorithms);
        let mut client = ClientConfig::builder_with_provider(crypto)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(tls)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        // What TLS exports of a resumed connection would rest on that of an earlier one.
        server.send_tls13_tickets = 0;
        client.resumption = rustls::client::Resumption::disabled();
        server.alpn_protocols = vec![PROTOCOL.to_vec()];
        client.alpn_protocols = vec![PROTOCOL.to_vec()];
        client.enable_sni = false;
        Ok(Self { client: Arc::new(client), server: Arc::new(server) })
    }

    pub(crate) fn dial(&self) -> Result<Connection> {
        let nobody = ServerName::try_from("cloakwork").map_err(|_| broken("no name"))?;
        Ok(ClientConnection::new(Arc::clone(&self.client), nobody).map_err(tls)?.into())
    }

    pub(crate) fn accept(&self) -> Result<Connection> {
        Ok(ServerConnection::new(Arc::clone(&self.server)).map_err(tls)?.into())
    }
}

/// 32 bytes that both ends of this connection know, and no other connection has.
pub(crate) fn exported(connection: &Connection) -> Result<[u8; 32]> {
    connection.export_keying_material([0; 32], EXPORTER, None).map_err(tls)
}

fn tls(error: rustls::Error) -> Error {
    Error::System(std::io::Error::other(error))
}

fn broken(what: &'static str) -> Error {
    Error::System(std::io::Error::other(what))
}

/// Takes any key, and checks that the other end has it: that alone binds the handshake to what is exported.
#[derive(Debug)]
struct AnyKey(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyKey {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.3 only".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature_with_raw_key(message, &SubjectPublicKeyInfoDer::from(key.as_ref()), signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
