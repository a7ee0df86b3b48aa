//! What screen readers are told of the window: a part that is hidden has no nodes.
//!
//! AccessKit knows hidden nodes, but a program at the other end that has read a tree once keeps what it read until it
//! is told that a node has gone. So hidden nodes are taken out of the tree before it is sent.

use std::collections::{HashMap, HashSet};

use eframe::egui::accesskit::{Node, NodeId, TreeUpdate};
use eframe::egui::{Context, FullOutput, Plugin, Ui};

/// Hides a part of the window from screen readers, in this frame.
pub fn hide(ui: &Ui) {
    ui.ctx()
        .accesskit_node_builder(ui.unique_id(), |node| node.set_hidden());
}

/// Takes hidden parts out of every tree that is sent.
pub struct HiddenParts;

impl Plugin for HiddenParts {
    fn debug_name(&self) -> &'static str {
        "hidden parts"
    }

    fn output_hook(&mut self, _ctx: &Context, output: &mut FullOutput) {
        if let Some(update) = &mut output.platform_output.accesskit_update {
            prune(update);
        }
    }
}

/// Takes hidden nodes and all below them out of a whole tree.
fn prune(update: &mut TreeUpdate) {
    let mut waiting: Vec<NodeId> = Vec::new();
    let hidden = |(id, node): &(NodeId, Node)| node.is_hidden().then_some(*id);
    waiting.extend(update.nodes.iter().filter_map(hidden));
    if waiting.is_empty() {
        return;
    }
    let children: HashMap<NodeId, Vec<NodeId>> = update
        .nodes
        .iter()
        .map(|(id, node)| (*id, node.children().to_vec()))
        .collect();
    let mut gone = HashSet::new();
    while let Some(id) = waiting.pop() {
        if gone.insert(id) {
            waiting.extend(children.get(&id).into_iter().flatten());
        }
    }
    update.nodes.retain(|(id, _)| !gone.contains(id));
    for (_, node) in &mut update.nodes {
        if node.children().iter().any(|child| gone.contains(child)) {
            let kept = node.children().iter().filter(|child| !gone.contains(child));
            let kept: Vec<NodeId> = kept.copied().collect();
            node.set_children(kept);
        }
    }
    // The tree must not say that the keyboard is on what is not in it.
    if let Some(tree) = &update.tree
        && gone.contains(&update.focus)
    {
        update.focus = tree.root;
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::accesskit::{Role, TreeId, TreeInfo};

    use super::*;

    #[test]
    fn a_hidden_part_goes_with_all_below_it_and_takes_the_keyboard_from_no_other() {
        let [root, shown, hidden, below] = [0, 1, 2, 3].map(NodeId);
        let node = |children: &[NodeId]| {
            let mut node = Node::new(Role::Group);
            node.set_children(children.to_vec());
            node
        };
        let mut behind = node(&[below]);
        behind.set_hidden();
        let mut update = TreeUpdate {
            nodes: vec![
                (root, node(&[hidden, shown])),
                (shown, node(&[])),
                (hidden, behind),
                (below, node(&[])),
            ],
            tree: Some(TreeInfo::new(root)),
            tree_id: TreeId::ROOT,
            focus: below,
        };
        prune(&mut update);
        let left: Vec<NodeId> = update.nodes.iter().map(|(id, _)| *id).collect();
        assert_eq!(left, [root, shown]);
        assert_eq!(update.nodes[0].1.children(), [shown]);
        assert_eq!(update.focus, root);
    }
}
