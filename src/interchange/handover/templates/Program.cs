@{about}
// Program.cs, for .NET 9 and later with Microsoft.AspNetCore.Authentication.OpenIdConnect
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
@{usings}

var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration.GetSection("Chancery");

builder.Services
    .AddAuthentication(options =>
    {
        options.DefaultScheme = CookieAuthenticationDefaults.AuthenticationScheme;
        options.DefaultChallengeScheme = OpenIdConnectDefaults.AuthenticationScheme;
    })
    .AddCookie()
    .AddOpenIdConnect(options =>
    {
        options.Authority = settings["Authority"];
        @{https}
        options.ClientId = settings["ClientId"];
        @{client_secret}
        options.CallbackPath = settings["CallbackPath"];
        @{signed_out}
        options.ResponseType = OpenIdConnectResponseType.Code;
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.Scope.Clear();
        foreach (var scope in settings.GetSection("Scopes").Get<string[]>() ?? [])
        {
            options.Scope.Add(scope);
        }
        @{prompt}
        options.SaveTokens = true;
        options.MapInboundClaims = false;
        options.GetClaimsFromUserInfoEndpoint = true;
        @{events}
    });
@{basic}
builder.Services.AddAuthorization();

var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapGet("/", (HttpContext context) => context.User.FindFirst("sub")?.Value).RequireAuthorization();
app.Run();
@{assertion}
