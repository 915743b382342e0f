// The story in openapi-generator's Java.
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.ServiceApi;
import org.openapitools.client.api.SessionsApi;
import org.openapitools.client.api.TokensApi;
import org.openapitools.client.model.Problem;
import org.openapitools.client.model.RefreshRequest;
import org.openapitools.client.model.TokenAnswer;

public class Story {
  public static void main(String[] arguments) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("LIVEPASS"));
    client.setRequestInterceptor(
        request -> request.header("Authorization", "Bearer " + System.getenv("ID_TOKEN")));
    ObjectMapper json = client.getObjectMapper();
    TokensApi tokens = new TokensApi(client);
    SessionsApi sessions = new SessionsApi(client);
    String key = System.getenv("KEY");
    TokenAnswer minted = tokens.mint(key, null);
    TokenAnswer again = tokens.mint(key, null);
    Problem refused = null;
    try {
      tokens.mint(null, null);
    } catch (ApiException error) {
      refused = json.readValue(error.getResponseBody(), Problem.class);
    }
    String session = minted.getSession().getId();
    TokenAnswer refreshed = tokens.refresh(new RefreshRequest().sessionId(session), null);
    int used = tokens.usage().getHour().getUsed();
    sessions.endSession(session);
    Map<String, Object> story = new LinkedHashMap<>();
    story.put("same", again.getToken().equals(minted.getToken()));
    story.put("code", refused.getCode());
    story.put("violated", refused.getViolated());
    story.put("another", !refreshed.getToken().equals(minted.getToken()));
    story.put("used", used);
    story.put("state", sessions.session(session).getState());
    story.put("health", new ServiceApi(client).health().getStatus());
    System.out.println(json.writeValueAsString(story));
  }
}
