//! Redirect URIs, post-logout URIs and web origins, resolved as Keycloak does.

use url::Url;

use super::client::Resolving;
use crate::client::needs_redirect_uri;
use crate::interchange::installed;

/// What stands for the address of Keycloak itself, which an export does not have.
pub(super) const OWN_ADDRESS: [&str; 2] = ["${authBaseUrl}", "${authAdminUrl}"];
/// What stands between the post-logout URIs of a client.
const BETWEEN: &str = "##";

impl Resolving<'_> {
    pub(super) fn redirects(&mut self) {
        const REDIRECTS: &str = "redirectUris";
        let named: Vec<String> = self.read.redirect_uris.texts().map(str::to_owned).collect();
        let redirects = self.absolute(REDIRECTS, named.clone());
        self.post_logout(&redirects);
        self.origins(&named, &redirects);
        if needs_redirect_uri(&self.client.draft.grant_types) {
            self.draft().redirect_uris = redirects;
        } else if !redirects.is_empty() {
            let count = redirects.len();
            self.left_out(REDIRECTS, format!("no flow that is on uses them ({count})"));
        }
        // Keycloak does not know where a client runs.
        installed::tell(&mut self.client);
    }

    /// Puts the root URL before what is relative, and the address of Keycloak where its name stands. Each once.
    fn absolute(&mut self, member: &str, named: Vec<String>) -> Vec<String> {
        let root = self.root_url();
        let mut absolute: Vec<String> = Vec::new();
        let (mut relative, mut own) = (0, 0);
        for uri in named {
            let resolved = match &root {
                Some(root) if uri.starts_with('/') => {
                    relative += 1;
                    format!("{root}{uri}")
                }
                _ => uri,
            };
            own += usize::from(OWN_ADDRESS.iter().any(|name| resolved.starts_with(name)));
            if !absolute.contains(&resolved) {
                absolute.push(resolved);
            }
        }
        if relative > 0 {
            let root = root.unwrap_or_default();
            self.changed(
                member,
                format!("of which what is relative goes on from the root URL {root}"),
            );
        }
        if own > 0 {
            self.changed(
                member,
                "of which some lead to Keycloak itself: it puts its own address there, which the file does not have; put it in to end that the client is held",
            );
        }
        absolute
    }

    /// The root URL, if there is one.
    pub(super) fn root_url(&self) -> Option<String> {
        let root = self.read.root_url.get()?;
        let own = self.realm.frontend_url.as_deref();
        Some(match own {
            Some(own) => OWN_ADDRESS
                .iter()
                .fold(root.to_owned(), |root, name| root.replace(name, own)),
            None => root.to_owned(),
        })
    }

    /// `##` stands between them; `+`, and none at all, stands for the redirect URIs, `-` in the first place for none
    /// (`OIDCAdvancedConfigWrapper.getPostLogoutRedirectUris`, since 19).
    fn post_logout(&mut self, redirects: &[String]) {
        const MEMBER: &str = "post.logout.redirect.uris";
        let is_browser = needs_redirect_uri(&self.client.draft.grant_types);
        let named: Vec<String> = match self.attribute(MEMBER) {
            None => Vec::new(),
            Some(text) => text.split(BETWEEN).map(str::to_owned).collect(),
        };
        let inherits = named.is_empty() || named.iter().any(|uri| uri == "+");
        if named.first().is_some_and(|uri| uri == "-") {
            return;
        }
        let own: Vec<String> = named
            .into_iter()
            .filter(|uri| uri != "+" && !uri.is_empty())
            .collect();
        let mut uris = self.absolute(MEMBER, own);
        if inherits && is_browser && !redirects.is_empty() {
            self.changed(MEMBER, "which are the redirect URIs");
            for uri in redirects {
                if !uris.contains(uri) {
                    uris.push(uri.clone());
                }
            }
        }
        self.draft().post_logout_redirect_uris = uris;
    }

    /// `+` stands for the origins of the redirect URIs as they are resolved (`WebOriginsUtils.resolveValidWebOrigins`). A file
    /// that has no web origins at all gives the client those of the redirect URIs that begin with `http` as they stand there,
    /// and none of what is relative (`RepresentationToModel.createClient`).
    fn origins(&mut self, named_redirects: &[String], redirects: &[String]) {
        const MEMBER: &str = "webOrigins";
        let named: Option<Vec<String>> = self.read.web_origins.0.is_some().then(|| {
            let texts = self.read.web_origins.texts();
            texts.map(str::to_owned).collect()
        });
        let taken_over = match &named {
            None => named_redirects,
            Some(named) if named.iter().any(|origin| origin == "+") => redirects,
            Some(_) => &[],
        };
        let (mut origins, mut empty): (Vec<String>, bool) = (Vec::new(), false);
        for origin in named.into_iter().flatten().filter(|origin| origin != "+") {
            if origin.is_empty() {
                empty = true;
            } else if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        let before = origins.len();
        for origin in taken_over.iter().filter_map(|uri| origin(uri)) {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        if origins.len() > before {
            self.changed(MEMBER, "which are the origins of the redirect URIs");
        }
        if empty {
            self.left_out(MEMBER, "one of them is empty");
        }
        self.draft().allowed_cors_origins = origins;
    }
}

/// The origin of a redirect URI, if it has one without a wildcard.
fn origin(uri: &str) -> Option<String> {
    if uri.contains("${") {
        return None;
    }
    let url = Url::parse(uri.strip_suffix('*').unwrap_or(uri)).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https");
    let authority = uri.split("//").nth(1)?.split('/').next()?;
    (is_web && !authority.contains('*')).then(|| url.origin().ascii_serialization())
}
