//! The table of endpoints as a tree of path segments, and the search in it.

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::path::{Piece, argument_names, call, qualified};
use crate::catalog::nearest::compare_names;

/// The table, read at the first lookup; that takes a fraction of a millisecond.
pub(super) static TREE: LazyLock<Tree> = LazyLock::new(|| Tree::parse(TABLE));

/// The endpoints: nodes in breadth-first order, so that the children of one stand together, sorted.
#[derive(Debug)]
pub(super) struct Tree {
    text: &'static str,
    /// The permissions, by number.
    names: Vec<&'static str>,
    /// The permissions an endpoint takes, by number.
    sets: Vec<&'static str>,
    nodes: Vec<Node>,
}

/// A segment of templates.
#[derive(Clone, Copy, Debug, Default)]
struct Node {
    /// Where the segment begins in the text.
    start: u32,
    segment: u16,
    /// The methods follow the segment after a blank.
    methods: u16,
    parent: u16,
    first_child: u16,
    children: u16,
}

/// Finds the most specific template of a request.
#[derive(Debug)]
pub(super) struct Search<'t> {
    tree: &'t Tree,
    /// The method the template must have; any will do without one.
    method: Option<char>,
    /// Nodes looked at.
    pub(super) steps: usize,
}

impl Tree {
    fn parse(text: &'static str) -> Self {
        let mut sections = text.split("\n\n").skip(1);
        let mut section = || sections.next().expect("the table has three sections after its head");
        let (names, sets, paths) = (section(), section(), section());
        let depth = |line: &str| line.bytes().take_while(|byte| *byte == b' ').count();

        let mut wide = [0_u16; DEEPEST + 1];
        for line in paths.lines() {
            wide[depth(line)] += 1;
        }
        // Where the next node of each depth goes, after all nodes of lesser depth and the root.
        let mut next = [1_u16; DEEPEST + 1];
        for at in 1..=DEEPEST {
            next[at] = next[at - 1] + wide[at - 1];
        }
        let mut nodes = vec![Node::default(); usize::from(next[DEEPEST]) + usize::from(wide[DEEPEST])];
        let mut above = [0_u16; DEEPEST + 2];
        let mut start = text.len() - paths.len();
        for line in paths.lines() {
            let depth = depth(line);
            let row = &line[depth..];
            let segment = row.find(' ').unwrap_or(row.len());
            let (at, parent) = (next[depth], above[depth]);
            nodes[usize::from(at)] = Node {
                start: u32::try_from(start + depth).expect("the table is small"),
                segment: u16::try_from(segment).expect("lines are short"),
                methods: u16::try_from((row.len() - segment).saturating_sub(1)).expect("lines are short"),
                parent,
                ..Node::default()
            };
            let parent = &mut nodes[usize::from(parent)];
            if parent.children == 0 {
                parent.first_child = at;
            }
            parent.children += 1;
            next[depth] += 1;
            above[depth + 1] = at;
            start += line.len() + 1;
        }
        Self { text, names: names.lines().collect(), sets: sets.lines().collect(), nodes }
    }

    /// The name of a permission by its number.
    pub(super) fn name(&self, number: &str) -> &'static str {
        self.names[number.parse::<usize>().expect("the table numbers permissions")]
    }

    /// How many lists of permissions name a permission: the more, the more it lets its holder do.
    pub(super) fn breadth(&self, name: &str) -> usize {
        let Some(number) = self.names.iter().position(|known| *known == name).map(|at| at.to_string()) else {
            return 0;
        };
        let names = |set: &&&str| {
            let lists = set.split(' ').next().unwrap_or_default();
            lists.split([';', '|', ',']).any(|known| known == number)
        };
        self.sets.iter().filter(names).count()
    }

    /// The permissions of one method of a template.
    pub(super) fn set(&self, at: usize, method: char) -> Option<&'static str> {
        let number = self.methods(at).split_once(method)?.1;
        let number = number.split(|c: char| c.is_ascii_uppercase()).next().unwrap_or_default();
        Some(self.sets[number.parse::<usize>().expect("the table numbers sets")])
    }

    /// The methods of a template: each a letter and the number of its set.
    pub(super) fn methods(&self, at: usize) -> &'static str {
        let node = self.nodes[at];
        let start = node.start as usize + usize::from(node.segment) + 1;
        if node.methods == 0 { "" } else { &self.text[start..start + usize::from(node.methods)] }
    }

    /// The path of a template.
    pub(super) fn template(&self, at: usize) -> String {
        let mut segments = Vec::with_capacity(DEEPEST);
        let mut at = at;
        while at != 0 {
            segments.push(self.segment(at));
            at = usize::from(self.nodes[at].parent);
        }
        let mut template = String::with_capacity(segments.iter().map(|segment| segment.len() + 1).sum());
        for segment in segments.into_iter().rev() {
            template.push('/');
            template.push_str(segment);
        }
        template
    }

    fn segment(&self, at: usize) -> &'static str {
        let node = self.nodes[at];
        &self.text[node.start as usize..node.start as usize + usize::from(node.segment)]
    }

    fn children(&self, at: usize) -> std::ops::Range<usize> {
        let node = self.nodes[at];
        usize::from(node.first_child)..usize::from(node.first_child) + usize::from(node.children)
    }

    /// The child with this segment; ASCII case does not matter.
    fn child(&self, at: usize, segment: &str) -> Option<usize> {
        let found = self.first_not_before(at, segment)?;
        self.segment(found).eq_ignore_ascii_case(segment).then_some(found)
    }

    /// The child that is a function of this name with these arguments, in any order.
    fn function(&self, at: usize, name: &str, arguments: &str) -> Option<usize> {
        let given = argument_names(arguments).count();
        let is_same = |template: &str| {
            argument_names(template).count() == given
                && argument_names(template)
                    .all(|wanted| argument_names(arguments).any(|name| name.eq_ignore_ascii_case(wanted)))
        };
        (self.first_not_before(at, &format!("{name}("))?..self.children(at).end)
            .map_while(|child| {
                let (function, template) = call(self.segment(child))?;
                function.eq_ignore_ascii_case(name).then_some((child, template))
            })
            .find_map(|(child, template)| is_same(template).then_some(child))
    }

    fn first_not_before(&self, at: usize, segment: &str) -> Option<usize> {
        let children = self.children(at);
        let nodes = &self.nodes[children.clone()];
        let before = nodes.partition_point(|node| {
            let start = node.start as usize;
            compare_names(&self.text[start..start + usize::from(node.segment)], segment) == Ordering::Less
        });
        (before < nodes.len()).then_some(children.start + before)
    }
}

impl<'t> Search<'t> {
    pub(super) const fn new(tree: &'t Tree, method: Option<char>) -> Self {
        Self { tree, method, steps: 0 }
    }

    /// The template of a path. Words go before ids, from the left; a template without the method is none.
    pub(super) fn find(&mut self, pieces: &[Piece<'_>]) -> Option<usize> {
        self.walk(0, pieces)
    }

    fn walk(&mut self, at: usize, pieces: &[Piece<'_>]) -> Option<usize> {
        self.steps += 1;
        let Some((piece, rest)) = pieces.split_first() else {
            let methods = self.tree.methods(at);
            let answers = self.method.map_or(!methods.is_empty(), |method| methods.contains(method));
            return answers.then_some(at);
        };
        match piece {
            Piece::Text(text) => {
                let found = self.step(at, text, rest);
                if found.is_some() {
                    return found;
                }
                match call(text) {
                    Some((name, arguments)) => self.call(at, name, arguments, rest),
                    None if text.starts_with('$') || qualified(text) || text.eq_ignore_ascii_case(ID) => None,
                    None => self.step(at, ID, rest),
                }
            }
            Piece::Action(text) => self.step(at, text, rest).or_else(|| {
                let (name, arguments) = call(text)?;
                let child = self.tree.function(at, name, arguments)?;
                self.walk(child, rest)
            }),
            Piece::Key => self.step(at, ID, rest),
            Piece::Anchor(text) if text.eq_ignore_ascii_case(ANCHORED_ID) => self.step(at, ANCHORED_ID, rest),
            Piece::Anchor(text) => self.step(at, text, rest).or_else(|| self.step(at, ANCHORED_ID, rest)),
            Piece::Path { closed } => self.step(at, if *closed { ANCHORED_ID } else { ID }, rest),
        }
    }

    fn step(&mut self, at: usize, segment: &str, rest: &[Piece<'_>]) -> Option<usize> {
        let child = self.tree.child(at, segment)?;
        self.walk(child, rest)
    }

    /// A function; or, since no template has it, an entity by another key than its id (`applications(appId='x')`), or
    /// a function the table has without its arguments.
    fn call(&mut self, at: usize, name: &str, arguments: &str, rest: &[Piece<'_>]) -> Option<usize> {
        if let Some(child) = self.tree.function(at, name, arguments) {
            let found = self.walk(child, rest);
            if found.is_some() {
                return found;
            }
        }
        let named = self.tree.child(at, name)?;
        match self.tree.child(named, ID) {
            Some(entity) => self.walk(entity, rest),
            None => self.walk(named, rest),
        }
    }
}

/// Any id in a template.
const ID: &str = "{id}";

/// Any id, or path, that addressing by path follows or ends with.
const ANCHORED_ID: &str = "{id}:";

/// Segments of the longest template.
const DEEPEST: usize = 20;

const TABLE: &str = include_str!("../data/endpoints.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_sorted_and_know_their_parent() {
        for at in 0..TREE.nodes.len() {
            let children = TREE.children(at);
            let segments: Vec<_> = children.clone().map(|child| TREE.segment(child)).collect();
            assert!(segments.is_sorted_by(|a, b| compare_names(a, b) == Ordering::Less), "{segments:?}");
            assert!(children.into_iter().all(|child| usize::from(TREE.nodes[child].parent) == at));
        }
    }

    #[test]
    fn every_node_leads_to_an_endpoint_and_every_number_is_there() {
        for at in 1..TREE.nodes.len() {
            assert!(!TREE.children(at).is_empty() || !TREE.methods(at).is_empty(), "{}", TREE.template(at));
            for method in TREE.methods(at).chars().filter(char::is_ascii_uppercase) {
                assert!(TREE.set(at, method).is_some_and(|set| set.contains(';')), "{}", TREE.template(at));
            }
        }
    }
}
