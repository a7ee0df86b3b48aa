//! What people and the applications do that they sign in to.

use openidconnect::PkceCodeChallenge;
use serde_json::Value;

use crate::Registered;
use crate::browser::Browser;
use crate::http::{ask, http, text};
use crate::prepare::REDIRECT_URI;
use crate::seen::Seen;

/// The query of an authorization request, and what its code is redeemed with.
pub fn request(client_id: &str, more: &[(&str, &str)]) -> (String, String) {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", REDIRECT_URI)
        .append_pair("response_type", "code")
        .append_pair("scope", "openid email")
        .append_pair("code_challenge", challenge.as_str())
        .append_pair("code_challenge_method", "S256")
        .extend_pairs(more)
        .finish();
    (query, verifier.secret().clone())
}

/// Signs in once, then gets one code after another; each is redeemed, its refresh token rotated, and sometimes stolen.
pub fn sign_in_and_stay(registered: &Registered, seen: &Seen) {
    let (mut browser, back_channel) = (Browser::new(), http());
    let mut round = 0_u32;
    while seen.goes_on() {
        round += 1;
        let (query, verifier) = request(&registered.portal.client_id, &[]);
        let address = format!("{}/authorize?{query}", registered.issuer);
        let Some(code) = browser.code(registered, seen, &address) else {
            continue;
        };
        seen.did("sign-ins");
        let exchange = |form: &[(&str, &str)]| {
            let request = back_channel.post(format!("{}/token", registered.issuer));
            let of = &registered.portal;
            ask(
                seen,
                request
                    .basic_auth(&of.client_id, Some(&of.client_secret))
                    .form(form),
            )
        };
        let redeem = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", &verifier),
        ];
        let (status, first) = exchange(&redeem);
        seen.expect(status == 200, "a code was lost");
        let mut tokens = first;
        for _ in 0..3 {
            tokens = refresh(seen, &exchange, &tokens);
        }
        let request = back_channel.get(format!("{}/userinfo", registered.issuer));
        let told = ask(seen, request.bearer_auth(text(&tokens, "access_token")));
        seen.expect(
            told.1["sub"] == registered.user.as_str(),
            "/userinfo does not know its token",
        );
        if round.is_multiple_of(10) {
            // A thief comes with the code: nothing is given, and what was given ends.
            seen.expect(exchange(&redeem).0 == 400, "a code was good twice");
            let stolen = [
                ("grant_type", "refresh_token"),
                ("refresh_token", text(&tokens, "refresh_token")),
            ];
            seen.expect(exchange(&stolen).0 == 400, "a stolen grant lives");
        }
    }
}

fn refresh(seen: &Seen, exchange: &impl Fn(&[(&str, &str)]) -> (u16, Value), tokens: &Value) -> Value {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(tokens, "refresh_token")),
    ];
    let (status, next) = exchange(&form);
    seen.expect(status == 200, "a refresh token was lost");
    seen.did("refreshes");
    next
}
