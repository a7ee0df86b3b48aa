@{about}
// Program.cs of a console or worker program, for .NET 9 and later: a token, and a request that carries it
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
@{usings}

var configuration = new ConfigurationBuilder()
    .AddJsonFile("appsettings.json")
    .AddEnvironmentVariables()
    .Build();
var settings = configuration.GetSection("Chancery");

using var http = new HttpClient();
var form = new Dictionary<string, string?>
{
    ["grant_type"] = "client_credentials",
    @{scope}
    @{resource}
    @{in_body}
};
using var request = new HttpRequestMessage(HttpMethod.Post, settings["TokenEndpoint"])
{
    Content = new FormUrlEncodedContent(form),
};
@{basic}
using var response = await http.SendAsync(request);
var answer = await response.Content.ReadFromJsonAsync<JsonObject>();
var token = answer?["access_token"]?.GetValue<string>()
    ?? throw new InvalidOperationException($"No token: {answer?["error_description"]}");

http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
@{assertion}
