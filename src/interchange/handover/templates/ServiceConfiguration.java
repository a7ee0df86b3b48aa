@{about}
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.oauth2.client.AuthorizedClientServiceOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.client.OAuth2ClientHttpRequestInterceptor;
import org.springframework.web.client.RestClient;
@{key_imports}

@Configuration
class ServiceConfiguration {
    @Bean
    OAuth2AuthorizedClientManager tokens(ClientRegistrationRepository clients, OAuth2AuthorizedClientService service) {
        return new AuthorizedClientServiceOAuth2AuthorizedClientManager(clients, service);
    }

    /** Each request that it makes carries a token, which is fetched when there is none or it has ended. */
    @Bean
    RestClient api(OAuth2AuthorizedClientManager tokens) {
        var interceptor = new OAuth2ClientHttpRequestInterceptor(tokens);
        interceptor.setClientRegistrationIdResolver(request -> "chancery");
        return RestClient.builder().requestInterceptor(interceptor).build();
    }
    @{key_bean}
}
