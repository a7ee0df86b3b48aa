"""Every Keycloak export below a folder through `chancery import` and `chancery audit --input`, held against kcwarden.

    python keycloak.py FOLDER WORK

kcwarden wants sections and members that real exports leave out: it gets a copy in which they stand as Keycloak has them by
default. What it finds about a client has to be found here, by the rule of the table MAPPED, at the same client and address;
what is not found has to have a reason in REASONS. Realm by realm, as two realms may have a client of the same name."""

import collections
import json
import os
import pathlib
import subprocess
import sys
import urllib.parse

CHANCERY = os.environ["CHANCERY"]
REDIRECTS = {"redir-any", "redir-host-wildcard", "redir-path-wildcard", "redir-never-matches"}

# kcwarden's auditor, and the rules here of which one has to speak of the same client.
MAPPED = {
    "ClientAccessTokenLifespanTooLong": {"ttl-long"},
    "ClientAuthenticationViaMTLSOrJWTRecommended": {"auth-shared-secret", "auth-native-secret"},
    "ClientHasErroneouslyConfiguredWildcardURI": {"redir-host-wildcard", "redir-any"},
    "ClientHasNoRedirectUris": {"redir-none"},
    "ClientHasUndefinedBaseDomainAndSchema": {"redir-not-absolute", "redir-template"},
    "ClientHasUndefinedBaseDomainAndSchemaInPostLogoutRedirectUri": {"logout-uri-bad"},
    "ClientMustNotUseGlobalWildcardURI": {"redir-any"},
    # Through what never matches nothing is sent, unencrypted or not.
    "ClientMustNotUseUnencryptedNonlocalRedirectUri": {"redir-http", "redir-never-matches"},
    "ClientShouldDisableImplicitGrantFlow": {"grant-implicit"},
    "ClientShouldNotUseWildcardRedirectURI": REDIRECTS,
    "ClientUsesCustomRedirectUriScheme": {"redir-custom-scheme", "redir-bad-scheme", "redir-out-of-band"},
    "ClientWebOriginsMustBeValid": {"cors-invalid"},
    "ClientWebOriginsMustNotUseWildcard": {"cors-star"},
    "ClientWithDefaultOfflineAccessScope": {"offline-default"},
    "ClientWithOptionalOfflineAccessScope": {"refresh-endless"},
    "ClientWithFullScopeAllowed": {"scope-full"},
    "ClientWithServiceAccountAndOtherFlowEnabled": {"grant-cc-mixed"},
    "ConfidentialClientShouldDisableDirectAccessGrants": {"grant-password"},
    "PublicClientShouldDisableDirectAccessGrants": {"grant-password"},
    "ConfidentialClientShouldEnforcePKCE": {"pkce-confidential"},
    "PublicClientsMustEnforcePKCE": {"pkce-public"},
    "UsingNonDefaultUserAttributesInClientsWithoutUserProfilesFeatureIsDangerous": {"claim-editable"},
}
# What it says of a scope or of a realm is found at each client that it is about.
OF_SCOPES = {"UsingNonDefaultUserAttributesInScopesWithoutUserProfilesFeatureIsDangerous": {"claim-editable"}}
OF_REALMS = {
    "AccessTokenLifespanTooLong": {"ttl-long"},
    "RefreshTokensShouldBeRevokedAfterUse": {"refresh-static-public"},
    "RefreshTokenReuseCountShouldBeZero": {"refresh-static-public"},
    "OfflineSessionMaxLifespanDisabled": {"refresh-endless"},
}


def lifespan(client, realm):
    own = client["attributes"].get("access.token.lifespan")
    return int(own) if own else realm.get("accessTokenLifespan", 300)


def has_people_refresh(client):
    device = client["attributes"].get("oauth2.device.authorization.grant.enabled") == "true"
    return client["standardFlowEnabled"] or client["directAccessGrantsEnabled"] or device


def uri_of(finding):
    details = finding["additional_details"]
    return details.get("redirect_uri") or details.get("post_logout_redirect_uri") or details.get("web_origin") or ""


def never_a_host(uri):
    """A wildcard inside the authority, where Keycloak takes it for a character."""
    authority = uri.split("://", 1)[-1]
    host = authority.split("/", 1)[0]
    return "*" in host[:-1] or ("*" in host and "/" in authority)


# Why kcwarden is wrong about a client: the first that holds.
REASONS = [
    ("bearer-only: it never signs anybody in, and asks for no token", lambda f, c, r: c["bearerOnly"]),
    ("no client of OpenID Connect", lambda f, c, r: c["protocol"] != "openid-connect"),
    ("5 to 15 minutes raise no finding here, and a token of 0 seconds is dead",
     lambda f, c, r: "LifespanTooLong" in f["auditor"] and 0 <= lifespan(c, r) <= 900),
    ("* alone is told as redir-any, and as nothing else",
     lambda f, c, r: "UndefinedBase" in f["auditor"] and uri_of(f) == "*"),
    ("${authBaseUrl} and ${authAdminUrl} are put in by Keycloak",
     lambda f, c, r: "UndefinedBase" in f["auditor"] and uri_of(f).startswith("${auth")),
    ("matched literally, as a query stands before the wildcard",
     lambda f, c, r: f["auditor"] == "ClientShouldNotUseWildcardRedirectURI" and "?" in uri_of(f)),
    ("matches no host at all, which redir-never-matches tells",
     lambda f, c, r: "Wildcard" in f["auditor"] and never_a_host(uri_of(f))),
    ("the version lets the port float, and no other host",
     lambda f, c, r: f["auditor"] == "ClientHasErroneouslyConfiguredWildcardURI" and ":" in uri_of(f)[8:]),
    ("the version reads it as the whole host with a slash behind it",
     lambda f, c, r: f["auditor"] == "ClientHasErroneouslyConfiguredWildcardURI" and ends_hosts(r)),
    ("a host without a scheme is no scheme: it is told as redir-not-absolute",
     lambda f, c, r: f["auditor"] == "ClientUsesCustomRedirectUriScheme" and uri_of(f).split(":")[1][:1].isdigit()),
    ("the implicit flow alone gives no refresh token, so no offline one",
     lambda f, c, r: "OfflineAccess" in f["auditor"] and not has_people_refresh(c)),
    ("nothing is known of its realm, which may end offline tokens: the report says that this is not judged",
     lambda f, c, r: f["auditor"] == "ClientWithOptionalOfflineAccessScope" and not r["realm"]),
    ("offline tokens of the realm have an end, and are asked for",
     lambda f, c, r: f["auditor"] == "ClientWithOptionalOfflineAccessScope" and r.get("offlineSessionMaxLifespanEnabled")),
    ("+ and an empty origin say nothing by themselves",
     lambda f, c, r: f["auditor"] == "ClientWebOriginsMustBeValid" and uri_of(f) in ("", "+")),
    ("a client policy that is on enforces PKCE",
     lambda f, c, r: "PKCE" in f["auditor"] and policy_enforces_pkce(c, r)),
    ("no person takes part, so there is no profile that anybody edits",
     lambda f, c, r: "UserAttributes" in f["auditor"] and not (has_people_refresh(c) or c["implicitFlowEnabled"])),
    ("from version 24 on nobody edits what stands in no profile",
     lambda f, c, r: "UserAttributes" in f["auditor"] and version(r)[0] >= 24
     and not r["components"].get("org.keycloak.userprofile.UserProfileProvider")),
    ("127.0.0.0/8 and names below localhost are this machine",
     lambda f, c, r: f["auditor"] == "ClientMustNotUseUnencryptedNonlocalRedirectUri" and is_here(uri_of(f))),
    ("- stands for no post-logout URI at all",
     lambda f, c, r: "PostLogout" in f["auditor"] and uri_of(f) == "-"),
]


def policy_enforces_pkce(client, realm):
    """Whether a policy that is on, and about the client, uses a profile that enforces PKCE: one of the realm's own, or one that
    every Keycloak has."""
    own = {profile.get("name"): profile for profile in (realm.get("clientProfiles") or {}).get("profiles") or []}

    def enforces(name):
        if name in own:
            return any(one.get("executor") == "pkce-enforcer" for one in own[name].get("executors") or [])
        return name == "fapi-1-baseline" or name.startswith(("fapi-2-", "oauth-2-1-for-"))

    def is_about(condition):
        kind, config = condition.get("condition"), condition.get("configuration") or {}
        if kind == "client-access-type":
            return ("public" if client["publicClient"] else "confidential") in (config.get("type") or [])
        return kind == "any-client"

    for policy in (realm.get("clientPolicies") or {}).get("policies") or []:
        conditions = policy.get("conditions") or []
        if policy.get("enabled") and conditions and all(map(is_about, conditions)):
            if any(enforces(name) for name in policy.get("profiles") or []):
                return True
    return False


# Why what it says of a realm is found at none of its clients: the first that holds.
REASONS_OF_REALMS = [
    ("the file has no settings of a realm, and the report says that this is not judged", lambda f, r: not r["realm"]),
    ("the file has no client of the realm that asks for tokens", lambda f, r: not asking(r)),
    ("5 to 15 minutes raise no finding here, and a token of 0 seconds is dead",
     lambda f, r: "LifespanTooLong" in f["auditor"] and 0 <= r["accessTokenLifespan"] <= 900),
    ("every client says itself how long its access tokens live",
     lambda f, r: "LifespanTooLong" in f["auditor"] and all(c["attributes"].get("access.token.lifespan") for c in asking(r))),
    ("no public client of the realm gets refresh tokens",
     lambda f, r: "RefreshToken" in f["auditor"] and not any(c["publicClient"] and refreshes(c) for c in asking(r))),
    ("no client of the realm that gets refresh tokens may ask for offline ones",
     lambda f, r: "Offline" in f["auditor"] and not any(refreshes(c) and asks_for_offline(c) for c in asking(r))),
]


def asking(realm):
    return [c for c in realm["clients"] if c["protocol"] == "openid-connect" and not c["bearerOnly"]]


def refreshes(client):
    return has_people_refresh(client) and client["attributes"].get("use.refresh.tokens") != "false"


def asks_for_offline(client):
    return "offline_access" in client["defaultClientScopes"] + client["optionalClientScopes"]


def is_here(uri):
    host = urllib.parse.urlparse(uri).hostname or ""
    return host.startswith("127.") or host.endswith(".localhost")


def version(realm):
    numbers = []
    for part in (realm.get("keycloakVersion") or "0").split(".")[:3]:
        digits = "".join(c for c in part if c.isdigit())
        numbers.append(int(digits or 0))
    return tuple(numbers + [0, 0, 0])[:3]


def ends_hosts(realm):
    v = version(realm)
    return (v[:2] == (26, 4) and v[2] >= 13) or (v[:2] == (26, 6) and v[2] >= 3) or v >= (26, 7, 0)


def last_wins(pairs):
    return dict(pairs)


def filled(realm):
    """A copy with everything that kcwarden wants, as Keycloak has it by default."""
    realm = json.loads(json.dumps(realm))
    default, optional = usual_scopes(realm)
    usual = {"realm": "", "roles": {}, "identityProviderMappers": [], "identityProviders": [], "clientScopes": [],
             "components": {}, "attributes": {}, "keycloakVersion": "0.0.0", "clients": [], "accessTokenLifespan": 300,
             "revokeRefreshToken": False, "refreshTokenMaxReuse": 0, "offlineSessionMaxLifespanEnabled": False,
             "registrationAllowed": False, "verifyEmail": True, "bruteForceProtected": True}
    for name, value in usual.items():
        if realm.get(name) is None:
            realm[name] = value
    realm["roles"] = {"realm": [], "client": {}}
    realm.update({"groups": [], "users": [], "scopeMappings": [], "clientScopeMappings": {}})
    for name in ("applications", "oauthClients"):
        for client in realm.pop(name, None) or []:
            client["clientId"] = client.pop("name", None)
            if name == "oauthClients":
                client.update({"consentRequired": True, "fullScopeAllowed": False})
            realm["clients"].append(client)
    # Without a provider there kcwarden stops; with none of it, it goes on.
    if "org.keycloak.userprofile.UserProfileProvider" not in realm["components"]:
        realm["components"] = {"org.keycloak.userprofile.UserProfileProvider": None} if realm["components"] else {}
    for client in realm["clients"]:
        # A client with one of both lists has nothing of the other kind.
        if client.get("defaultClientScopes") is not None or client.get("optionalClientScopes") is not None:
            of_client = {"defaultClientScopes": [], "optionalClientScopes": []}
        else:
            of_client = {"defaultClientScopes": default, "optionalClientScopes": optional}
        public = bool(client.get("publicClient"))
        usual = {"protocol": "openid-connect", "attributes": {}, "redirectUris": [], "webOrigins": [],
                 "publicClient": public, **of_client,
                 "standardFlowEnabled": True, "implicitFlowEnabled": False, "directAccessGrantsEnabled": False,
                 "serviceAccountsEnabled": False, "enabled": True, "bearerOnly": False,
                 "fullScopeAllowed": not client.get("consentRequired"),
                 "clientAuthenticatorType": "client-secret", "protocolMappers": []}
        for name, value in usual.items():
            if client.get(name) is None:
                client[name] = value
        client["redirectUris"] = [uri for uri in client["redirectUris"] if parses(uri)]
        client["webOrigins"] = [uri for uri in client["webOrigins"] if parses(uri)]
    return realm


def usual_scopes(realm):
    """What a client gets that names no scopes: default and optional ones. A realm that lacks offline_access is given it."""
    scopes = realm.get("clientScopes")
    default, optional = realm.get("defaultDefaultClientScopes"), realm.get("defaultOptionalClientScopes")
    if scopes is None:
        return (default or ["web-origins", "acr", "profile", "roles", "basic", "email"],
                optional or ["address", "phone", "offline_access", "microprofile-jwt"])
    optional = list(optional or [])
    if not any(scope.get("name") == "offline_access" for scope in scopes):
        optional.append("offline_access")
    return list(default or []), optional


def parses(uri):
    try:
        urllib.parse.urlparse(uri).hostname
        return True
    except (ValueError, AttributeError):
        return False


def theirs(realm, work):
    """What kcwarden finds."""
    source, output = work / "realm.json", work / "kcwarden.json"
    source.write_text(json.dumps(realm))
    output.unlink(missing_ok=True)
    done = subprocess.run([pathlib.Path(sys.executable).with_name("kcwarden"), "audit", source, "-f", "json", "-o", output],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"kcwarden: {done.stderr[-600:]}")
    return [finding | {"auditor": finding["reporting_auditor"]} for finding in json.loads(output.read_text())]


def chancery(*arguments):
    done = subprocess.run([CHANCERY, *arguments], capture_output=True, text=True)
    if "panicked" in done.stderr or done.returncode not in (0, 1):
        raise SystemExit(f"chancery {arguments}: {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def ours(path, name):
    """What is found here, by client."""
    of_realm = ["--realm", name] if name else []
    report = json.loads(chancery("audit", "--input", path, "--input-format", "keycloak", *of_realm, "--format", "json"))
    found = collections.defaultdict(list)
    for finding in report["findings"]:
        found[finding["client_id"]].append(finding)
    return found


def speaks_of(findings, rules, uri):
    by_rule = [finding for finding in findings if finding["rule"] in rules]
    return any(not uri or finding["value"] in (None, uri) for finding in by_rule)


def compare(path, realm, work, told):
    whole = filled(realm)
    clients = {client["clientId"]: client for client in whole["clients"]}
    found = ours(path, realm.get("realm"))
    for finding in theirs(whole, work):
        auditor = finding["auditor"]
        if auditor in MAPPED:
            about, rules = [finding["entity"]], MAPPED[auditor]
        elif auditor in OF_SCOPES:
            about, rules = finding["additional_details"]["clients-using-scope"], OF_SCOPES[auditor]
        elif auditor in OF_REALMS:
            hit = any(speaks_of(findings, OF_REALMS[auditor], "") for findings in found.values())
            reason = "found" if hit else next((why for why, holds in REASONS_OF_REALMS if holds(finding, whole)), None)
            told[auditor][reason or "MISSED"] += 1
            if reason is None:
                print(f"MISSED {path.name} {realm.get('realm')}: {auditor}")
            continue
        else:
            told[auditor]["not about a client of OpenID Connect"] += 1
            continue
        if not about:
            told[auditor]["no client uses the scope"] += 1
        for name in about:
            client = clients[name]
            uri = uri_of(finding) if "Uri" in auditor or "URI" in auditor or "UndefinedBase" in auditor or "Origins" in auditor else ""
            if speaks_of(found[name], rules, uri):
                told[auditor]["found"] += 1
                continue
            reason = next((why for why, holds in REASONS if holds(finding, client, whole)), None)
            told[auditor][reason or "MISSED"] += 1
            if reason is None:
                print(f"MISSED {path.name} {name}: {auditor} {uri}")


def main(folder, work):
    paths = sorted(pathlib.Path(folder).rglob("keycloak*.json"))
    if not paths:
        raise SystemExit(f"there is no keycloak*.json below {folder}")
    told = collections.defaultdict(collections.Counter)
    realms = 0
    for path in paths:
        chancery("--registry", work / "none.chancery", "import", "--dry-run", "--format", "keycloak", path)
        try:
            content = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=last_wins)
        except ValueError as error:
            print(f"{path.name} is no JSON ({error}); it was imported as far as it goes")
            continue
        for realm in content if isinstance(content, list) else [content]:
            realms += 1
            compare(path, realm, work, told)
    total = collections.Counter()
    for auditor, outcomes in sorted(told.items()):
        print(f"{auditor}")
        for outcome, count in outcomes.most_common():
            print(f"    {count:5} {outcome}")
            total[outcome] += count
    missed = total["MISSED"]
    print(f"{len(paths)} files, {realms} realms: {total['found']} found, {missed} missed, "
          f"{sum(total.values()) - total['found'] - missed} with a reason")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
