@{about}
// auth.ts, for Auth.js 5 (next-auth@5)
import NextAuth from "next-auth"
@{imports}

@{key}
export const { handlers, auth, signIn, signOut } = NextAuth({
  @{base_path}
  providers: [
    {
      id: @{id},
      name: @{name},
      type: @{type},
      issuer: @{issuer},
      clientId: @{client_id},
      @{client_secret}
      client: { token_endpoint_auth_method: @{method} },
      authorization: { @{authorization_url}params: { @{parameters} } },
      @{token}
      checks: @{checks},
    },
  ],
})
