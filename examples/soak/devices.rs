//! Devices without a browser, and the person who allows them on another screen (RFC 8628).

use crate::Registered;
use crate::browser::Browser;
use crate::http::{ask, http, text};
use crate::seen::Seen;

/// One device after another, allowed by one person.
pub fn connect(registered: &Registered, seen: &Seen) {
    let (mut browser, back_channel) = (Browser::new(), http());
    let post = |path: &str, form: &[(&str, &str)]| {
        let request = back_channel.post(format!("{}{path}", registered.issuer));
        ask(seen, request.form(form))
    };
    let client_id = ("client_id", registered.device.as_str());
    while seen.goes_on() {
        let (status, device) = post("/device_authorization", &[client_id, ("scope", "openid email")]);
        if status != 200 {
            seen.wrong("a device could not begin");
            continue;
        }
        let poll = || {
            let grant_type = ("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
            let device_code = ("device_code", text(&device, "device_code"));
            post("/token", &[client_id, grant_type, device_code])
        };
        for error in ["authorization_pending", "slow_down"] {
            seen.expect(
                poll().1["error"] == error,
                "a device that nobody has allowed was not told to wait",
            );
        }
        let address = text(&device, "verification_uri_complete");
        if !browser.reads(registered, seen, address, "You can go back to your device") {
            continue;
        }
        let (status, tokens) = poll();
        seen.expect(status == 200, "a device that was allowed got no tokens");
        let userinfo = back_channel.get(format!("{}/userinfo", registered.issuer));
        let told = ask(seen, userinfo.bearer_auth(text(&tokens, "access_token"))).1;
        seen.expect(
            told["sub"] == registered.user.as_str(),
            "a device's token is not known",
        );
        seen.expect(
            poll().1["error"] == "invalid_grant",
            "a device code was good twice",
        );
        let refresh = [
            client_id,
            ("grant_type", "refresh_token"),
            ("refresh_token", text(&tokens, "refresh_token")),
        ];
        seen.expect(
            post("/token", &refresh).1["error"] == "invalid_grant",
            "a device's grant outlived the second use of its code",
        );
        seen.did("devices");
    }
}
