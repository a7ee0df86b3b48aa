// For the API that is called, with spring-boot-starter-oauth2-resource-server: what it must check in a token.
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

@Configuration
class ResourceServerConfiguration {
    @Bean
    JwtDecoder jwtDecoder() {
        var decoder = NimbusJwtDecoder.withJwkSetUri(@{jwks})
            .jwsAlgorithm(SignatureAlgorithm.ES256)
            .validateType(false) // the validator below wants at+jwt (RFC 9068)
            .build();
        decoder.setJwtValidator(JwtValidators.createAtJwtValidator()
            .issuer(@{issuer})
            .audience(@{audience})
            .clientId(@{client_id})
            .build());
        return decoder;
    }
}
