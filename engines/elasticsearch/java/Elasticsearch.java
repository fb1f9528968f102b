import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.mapper.MapperExtrasPlugin;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.reindex.ReindexPlugin;
import org.elasticsearch.transport.Netty4Plugin;

/**
 * Runs one node of Elasticsearch from its published libraries, for tests and development.
 * Arguments: the home folder, then settings as name=value.
 */
final class Elasticsearch {
  private static final List<Class<? extends Plugin>> PLUGINS =
      List.of(Netty4Plugin.class, MapperExtrasPlugin.class, ReindexPlugin.class);

  public static void main(String[] arguments) throws Exception {
    Path home = Path.of(arguments[0]).toAbsolutePath();
    Map<String, String> settings = new HashMap<>();
    settings.put("path.home", home.toString());
    settings.put("http.type", "netty4");
    settings.put("transport.type", "netty4");
    settings.put("discovery.type", "single-node");
    for (int i = 1; i < arguments.length; i += 1) {
      String[] pair = arguments[i].split("=", 2);
      settings.put(pair[0], pair[1]);
    }
    Environment environment = InternalSettingsPreparer.prepareEnvironment(
        Settings.EMPTY, settings, home.resolve("config"), () -> "fritzy");
    CountDownLatch stopped = new CountDownLatch(1);
    Node node = new OpenNode(environment);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        node.close();
      } catch (Exception error) {
        error.printStackTrace();
      } finally {
        stopped.countDown();
      }
    }));
    node.start();
    stopped.await();
  }

  /** Needed because the constructor that accepts plugin classes is protected. */
  private static final class OpenNode extends Node {
    OpenNode(Environment environment) {
      super(environment, PLUGINS, true);
    }
  }
}
