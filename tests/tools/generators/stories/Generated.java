package javax.annotation;

/** The annotation that generated Java has, and that Java itself has not had since version 11. */
public @interface Generated {
  String value();

  String date() default "";

  String comments() default "";
}
